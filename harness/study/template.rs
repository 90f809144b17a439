//! The `study.toml` that `radgauge study init` writes.

use std::fmt::Write;

use super::discover::Group;

/// A study that needs no scans.
pub const EXAMPLE: &str = include_str!("example.toml");

/// What follows the cases.
const REST: &str = include_str!("template.toml");

/// A commented study of the cases that were found.
#[must_use]
pub fn of(groups: &[Group]) -> String {
    let mut text = String::from(
        "# A study of repeatability: `radgauge study check` says what it would do, `radgauge study run` does it.\n\
         title = \"Which features can be trusted on our scans?\"\n\n\
         # Scans and their regions of interest. A placeholder such as {patient} stands for a part of a path; the same\n\
         # placeholders name the mask, and the case. Paths start in the folder of this file. An image may be a NIfTI file\n\
         # or a folder with one DICOM series; a mask NIfTI (with `label = 1` when it has several), an RT structure set or a\n\
         # segmentation (with `roi = \"GTV\"` when it has several).\n",
    );
    for group in groups {
        writeln!(text, "[[cases]]    # {} found", group.cases)
            .expect("writing to memory cannot fail");
        let key = |text: &str| toml::Value::String(text.to_owned()).to_string();
        writeln!(text, "images = {}", key(&group.images)).expect("writing to memory cannot fail");
        writeln!(text, "masks = {}", key(&group.masks)).expect("writing to memory cannot fail");
        text +=
            "# batch = \"our scanner\"    # what the cases belong to; may have placeholders\n\n";
    }
    if groups.is_empty() {
        text +=
            "[[cases]]\nimages = \"{patient}/image.nii.gz\"\nmasks = \"{patient}/mask.nii.gz\"\n\n";
    }
    text + REST
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::study::{design::Design, plan::Plan};

    #[test]
    fn what_is_written_can_be_read() {
        let group = Group {
            images: "{case}/\"a\".nii".to_owned(),
            masks: "{case}/m.nii".to_owned(),
            cases: 2,
        };
        for text in [of(&[]), of(&[group])] {
            let design = Design::from_toml(&text, Path::new(".")).expect("a study");
            design
                .grid
                .expand(&design.base)
                .expect("a grid that can run");
            assert!(design.draws.len() > 1, "perturbations");
        }
        let design = Design::from_toml(EXAMPLE, Path::new(".")).expect("a study");
        let plan = Plan::new(&design).expect("a plan");
        assert!(plan.cases.len() >= 10, "enough cases for an interval");
    }
}
