//! Diagnostic features: descriptors of image and region at each stage of processing, by which two implementations
//! find out where they part (IBSI 1 manual, *Reference data sets*, diagnostic features).

use std::{fmt, ops::Range};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    feature::{Undefined, Value},
    roi::Roi,
    volume::{Image, Mask},
};

/// A stage of image processing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// As loaded.
    Initial,
    /// After interpolation.
    Interpolated,
    /// After re-segmentation, which changes the region only.
    Resegmented,
    /// After filtering, which changes the image only: the response map, and its intensities in the re-segmented region.
    /// Not a stage of the IBSI 1 tables.
    Filtered,
}

impl Stage {
    /// Every stage, in the order of processing.
    pub const ALL: [Self; 4] = [
        Self::Initial,
        Self::Interpolated,
        Self::Resegmented,
        Self::Filtered,
    ];

    /// The form used in ids: `initial interpolated resegmented filtered`.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Initial => "initial",
            Self::Interpolated => "interpolated",
            Self::Resegmented => "resegmented",
            Self::Filtered => "filtered",
        }
    }

    fn tag(self) -> &'static str {
        match self {
            Self::Initial => "init",
            Self::Interpolated => "interp",
            Self::Resegmented => "reseg",
            Self::Filtered => "filt",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.slug())
    }
}

/// What a diagnostic feature describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Object {
    /// The image.
    Image,
    /// The region of interest.
    Roi,
}

impl Object {
    /// The name: `image`, `roi`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Roi => "roi",
        }
    }

    fn tag(self) -> &'static str {
        match self {
            Self::Image => "img",
            Self::Roi => "roi",
        }
    }
}

/// A diagnostic feature. Its text form is the tag of the IBSI tables, `{quantity}_{stage}_{object}`:
/// `int_mask_mean_int_reseg_roi`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Diagnostic {
    /// After which stage.
    pub stage: Stage,
    /// Of what.
    pub object: Object,
    /// Which descriptor, by its IBSI name.
    pub quantity: &'static str,
    /// The value: voxels for `dim` and `count`, mm for `vox_dim`, the image's unit for `int`.
    pub value: Value,
}

impl Diagnostic {
    /// The form used in ids, `diag/initial/img_dim_x`.
    #[must_use]
    pub fn key(&self) -> String {
        format!("diag/{}/{}", self.stage, self.quantity)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (stage, object) = (self.stage.tag(), self.object.tag());
        write!(f, "{}_{stage}_{object}", self.quantity)
    }
}

/// Diagnostic features in the order in which they were added.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diagnostics {
    rows: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Adds those of an image and of a region on its grid.
    ///
    /// # Panics
    /// As [`roi_diagnostics`].
    #[track_caller]
    pub fn add(&mut self, stage: Stage, image: &Image, roi: &Roi) {
        let (of_image, of_roi) = rayon::join(
            || image_diagnostics(stage, image),
            || roi_diagnostics(stage, image, roi),
        );
        self.rows.extend(of_image.into_iter().chain(of_roi));
    }

    /// Adds those of an image.
    pub fn add_image(&mut self, stage: Stage, image: &Image) {
        self.rows.extend(image_diagnostics(stage, image));
    }

    /// Adds those of a region.
    pub fn add_roi(&mut self, stage: Stage, image: &Image, roi: &Roi) {
        self.rows.extend(roi_diagnostics(stage, image, roi));
    }

    /// Adds what is known of an object at one stage for another stage, which left the object alone.
    pub fn repeat(&mut self, object: Object, known: Stage, stage: Stage) {
        let repeated: Vec<Diagnostic> = self
            .rows
            .iter()
            .filter(|row| row.object == object && row.stage == known)
            .map(|row| Diagnostic { stage, ..*row })
            .collect();
        self.rows.extend(repeated);
    }

    /// The rows, in order.
    #[must_use]
    pub fn rows(&self) -> &[Diagnostic] {
        &self.rows
    }

    /// The value with a tag, `int_mask_mean_int_reseg_roi`; `None` when it was not computed.
    #[must_use]
    pub fn get(&self, tag: &str) -> Option<Value> {
        self.rows
            .iter()
            .find(|row| row.to_string() == tag)
            .map(|row| row.value)
    }
}

/// The diagnostic features of an image: size in voxels, spacing in mm, mean, lowest and highest intensity.
#[must_use]
pub fn image_diagnostics(stage: Stage, image: &Image) -> Vec<Diagnostic> {
    let size = image.size().map(|n| Ok(n as f64));
    let spacing = image.grid().spacing_mm.map(Ok);
    let quantities = triple(["img_dim_x", "img_dim_y", "img_dim_z"], size)
        .chain(triple(["vox_dim_x", "vox_dim_y", "vox_dim_z"], spacing))
        .chain(triple(
            ["mean_int", "min_int", "max_int"],
            intensities(image, None),
        ));
    rows(stage, Object::Image, quantities)
}

/// The diagnostic features of a region: size of the mask and of the bounding boxes in voxels, numbers of voxels, and
/// mean, lowest and highest intensity inside the intensity mask.
///
/// Boxes and intensities of an empty mask are [`Undefined::EmptyRoi`].
///
/// # Panics
/// When image and region have not the same number of voxels: the caller made both.
#[must_use]
#[track_caller]
pub fn roi_diagnostics(stage: Stage, image: &Image, roi: &Roi) -> Vec<Diagnostic> {
    assert_eq!(
        image.size(),
        roi.intensity.size(),
        "an image and its region lie on one grid"
    );
    let size = roi.intensity.size().map(|n| Ok(n as f64));
    let intensity = extent(&roi.intensity);
    // Before re-segmentation both masks are the same.
    let morphological = if roi.morphological.as_slice() == roi.intensity.as_slice() {
        intensity
    } else {
        extent(&roi.morphological)
    };
    let quantities = triple(["int_mask_dim_x", "int_mask_dim_y", "int_mask_dim_z"], size)
        .chain(triple(
            [
                "int_mask_bb_dim_x",
                "int_mask_bb_dim_y",
                "int_mask_bb_dim_z",
            ],
            intensity.box_size,
        ))
        .chain(triple(
            [
                "morph_mask_bb_dim_x",
                "morph_mask_bb_dim_y",
                "morph_mask_bb_dim_z",
            ],
            morphological.box_size,
        ))
        .chain([
            ("int_mask_vox_count", intensity.voxels),
            ("morph_mask_vox_count", morphological.voxels),
        ])
        .chain(triple(
            ["int_mask_mean_int", "int_mask_min_int", "int_mask_max_int"],
            intensities(image, Some(&roi.intensity)),
        ));
    rows(stage, Object::Roi, quantities)
}

fn triple(
    names: [&'static str; 3],
    values: [Value; 3],
) -> impl Iterator<Item = (&'static str, Value)> {
    names.into_iter().zip(values)
}

fn rows(
    stage: Stage,
    object: Object,
    quantities: impl Iterator<Item = (&'static str, Value)>,
) -> Vec<Diagnostic> {
    quantities
        .map(|(quantity, value)| Diagnostic {
            stage,
            object,
            quantity,
            value,
        })
        .collect()
}

/// How much of the grid a mask takes.
#[derive(Clone, Copy)]
struct Extent {
    voxels: Value,
    box_size: [Value; 3],
}

fn extent(mask: &Mask) -> Extent {
    Extent {
        voxels: Ok(mask.count() as f64),
        box_size: match mask.bounding_box() {
            Some(bounds) => bounds.size().map(|n| Ok(n as f64)),
            None => [Err(Undefined::EmptyRoi); 3],
        },
    }
}

/// Mean, lowest and highest intensity of the image, or of its part inside a mask. Slices or runs are summarised in
/// parallel and added in order, so that the sum does not depend on the number of threads.
fn intensities(image: &Image, mask: Option<&Mask>) -> [Value; 3] {
    let [nx, ny, nz] = image.size();
    let runs: Vec<Range<usize>> = match mask {
        None => (0..nz).map(|z| nx * ny * z..nx * ny * (z + 1)).collect(),
        Some(mask) => mask.runs().collect(),
    };
    let summaries: Vec<Summary> = runs
        .into_par_iter()
        .map(|run| Summary::of(&image.as_slice()[run]))
        .collect();
    let all = summaries.into_iter().fold(Summary::default(), Summary::and);
    if all.n == 0 {
        return [Err(Undefined::EmptyRoi); 3];
    }
    [Ok(all.sum / all.n as f64), Ok(all.lowest), Ok(all.highest)]
}

/// Number, sum and extremes of intensities.
#[derive(Clone, Copy, Debug)]
struct Summary {
    n: usize,
    sum: f64,
    lowest: f64,
    highest: f64,
}

impl Default for Summary {
    fn default() -> Self {
        Self {
            n: 0,
            sum: 0.0,
            lowest: f64::INFINITY,
            highest: f64::NEG_INFINITY,
        }
    }
}

impl Summary {
    fn and(self, other: Self) -> Self {
        Self {
            n: self.n + other.n,
            sum: self.sum + other.sum,
            lowest: self.lowest.min(other.lowest),
            highest: self.highest.max(other.highest),
        }
    }

    fn of(intensities: &[f64]) -> Self {
        // Several running sums side by side: one alone waits for every addition to finish.
        const LANES: usize = 8;
        let mut sums = [0.0; LANES];
        let mut lowest = [f64::INFINITY; LANES];
        let mut highest = [f64::NEG_INFINITY; LANES];
        let mut add = |intensities: &[f64]| {
            for (lane, x) in intensities.iter().enumerate() {
                sums[lane] += x;
                lowest[lane] = if *x < lowest[lane] { *x } else { lowest[lane] };
                highest[lane] = if *x > highest[lane] {
                    *x
                } else {
                    highest[lane]
                };
            }
        };
        let (chunks, rest) = intensities.as_chunks::<LANES>();
        for chunk in chunks {
            add(chunk);
        }
        add(rest);
        Self {
            n: intensities.len(),
            sum: sums.iter().sum(),
            lowest: lowest.into_iter().fold(f64::INFINITY, f64::min),
            highest: highest.into_iter().fold(f64::NEG_INFINITY, f64::max),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::volume::{Grid, Volume};

    fn image() -> Image {
        Volume::from_fn(
            Grid::axis_aligned([4, 3, 2], [0.5, 1.0, 2.5]),
            |[x, y, z]| (x + 10 * y + 100 * z) as f64,
        )
    }

    fn table(rows: &[Diagnostic]) -> Vec<(String, Value)> {
        rows.iter()
            .map(|row| (row.to_string(), row.value))
            .collect()
    }

    #[test]
    fn an_image_by_hand() {
        let expected = [
            ("img_dim_x_interp_img", 4.0),
            ("img_dim_y_interp_img", 3.0),
            ("img_dim_z_interp_img", 2.0),
            ("vox_dim_x_interp_img", 0.5),
            ("vox_dim_y_interp_img", 1.0),
            ("vox_dim_z_interp_img", 2.5),
            ("mean_int_interp_img", 61.5),
            ("min_int_interp_img", 0.0),
            ("max_int_interp_img", 123.0),
        ]
        .map(|(tag, value)| (tag.to_owned(), Ok(value)));
        assert_eq!(
            table(&image_diagnostics(Stage::Interpolated, &image())),
            expected
        );
    }

    #[test]
    fn a_region_by_hand() {
        let image = image();
        let mut roi = Roi::new(image.map(|v| (1.0..=22.0).contains(v) && *v % 10.0 > 0.0));
        roi.intensity = image.map(|v| [11.0, 12.0, 21.0].contains(v));
        let expected = [
            ("int_mask_dim_x_reseg_roi", 4.0),
            ("int_mask_dim_y_reseg_roi", 3.0),
            ("int_mask_dim_z_reseg_roi", 2.0),
            ("int_mask_bb_dim_x_reseg_roi", 2.0),
            ("int_mask_bb_dim_y_reseg_roi", 2.0),
            ("int_mask_bb_dim_z_reseg_roi", 1.0),
            ("morph_mask_bb_dim_x_reseg_roi", 3.0),
            ("morph_mask_bb_dim_y_reseg_roi", 3.0),
            ("morph_mask_bb_dim_z_reseg_roi", 1.0),
            ("int_mask_vox_count_reseg_roi", 3.0),
            // 1, 2, 3, 11, 12, 13, 21, 22
            ("morph_mask_vox_count_reseg_roi", 8.0),
            ("int_mask_mean_int_reseg_roi", 44.0 / 3.0),
            ("int_mask_min_int_reseg_roi", 11.0),
            ("int_mask_max_int_reseg_roi", 21.0),
        ]
        .map(|(tag, value)| (tag.to_owned(), Ok(value)));
        assert_eq!(
            table(&roi_diagnostics(Stage::Resegmented, &image, &roi)),
            expected
        );
    }

    #[test]
    fn an_empty_region_counts_nothing_and_has_no_intensity() {
        let image = image();
        let mut diagnostics = Diagnostics::default();
        diagnostics.add_image(Stage::Initial, &image);
        diagnostics.add_roi(Stage::Initial, &image, &Roi::new(image.map(|_| false)));
        assert_eq!(
            diagnostics.rows().len(),
            23,
            "9 of the image, 14 of the region"
        );
        assert_eq!(
            diagnostics.get("int_mask_vox_count_init_roi"),
            Some(Ok(0.0)),
            "a count of nothing is 0"
        );
        for tag in ["int_mask_bb_dim_z_init_roi", "int_mask_mean_int_init_roi"] {
            assert_eq!(
                diagnostics.get(tag),
                Some(Err(Undefined::EmptyRoi)),
                "{tag}"
            );
        }
        assert_eq!(
            diagnostics.get("int_mask_mean_int_reseg_roi"),
            None,
            "not added"
        );
    }
}
