//! Choosing a region of a file that may hold several.

use std::{convert::Infallible, fmt, str::FromStr};

use super::problem::DicomProblem;

/// Which region of a file: of a structure set, a segmentation, or a mask of several labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoiChoice {
    /// The only one; refused when there are several.
    Only,
    /// The one of this name, to the letter.
    Name(String),
    /// The one of this number: ROI number, segment number or label.
    Number(u32),
}

impl FromStr for RoiChoice {
    type Err = Infallible;

    /// A text of digits alone is a number, any other a name. A region whose name is made of digits can be chosen by
    /// its number.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        Ok(match text.parse() {
            Ok(number) if is_number => Self::Number(number),
            _ => Self::Name(text.to_owned()),
        })
    }
}

impl fmt::Display for RoiChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Only => f.write_str("(the only one)"),
            Self::Name(name) => write!(f, "`{name}`"),
            Self::Number(number) => write!(f, "number {number}"),
        }
    }
}

/// A region of a structure set or a segmentation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// Its number.
    pub number: u32,
    /// Its name; empty when the file is silent.
    pub name: String,
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` (number {})", self.name, self.number)
    }
}

/// The chosen one of the regions of a file.
pub(super) fn choose(regions: Vec<Region>, choice: &RoiChoice) -> Result<Region, DicomProblem> {
    let is_chosen = |region: &&Region| match choice {
        RoiChoice::Only => true,
        RoiChoice::Name(name) => region.name == *name,
        RoiChoice::Number(number) => region.number == *number,
    };
    let chosen: Vec<Region> = regions.iter().filter(is_chosen).cloned().collect();
    match (<[Region; 1]>::try_from(chosen), choice) {
        (Ok([region]), _) => Ok(region),
        (Err(several), RoiChoice::Only) => Err(DicomProblem::SeveralRegions { regions: several }),
        (Err(none), _) if none.is_empty() => Err(DicomProblem::NoSuchRegion {
            chosen: choice.clone(),
            regions,
        }),
        (Err(several), _) => Err(DicomProblem::AmbiguousRegion {
            chosen: choice.clone(),
            regions: several,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(regions: &[(u32, &str)], choice: &str) -> String {
        let regions = regions
            .iter()
            .map(|(number, name)| Region {
                number: *number,
                name: (*name).to_owned(),
            })
            .collect();
        let choice = match choice {
            "" => RoiChoice::Only,
            text => text.parse().expect("every text is a choice"),
        };
        match choose(regions, &choice) {
            Ok(region) => region.to_string(),
            Err(problem) => problem.to_string(),
        }
    }

    #[test]
    fn regions_are_chosen_by_name_or_number() {
        let two = [(1, "GTV-1"), (7, "Lung")];
        for (regions, choice, expected) in [
            (&two[..], "GTV-1", "`GTV-1` (number 1)"),
            (&two, "7", "`Lung` (number 7)"),
            (&two[..1], "", "`GTV-1` (number 1)"),
            (
                &two,
                "",
                "expected one region, found `GTV-1` (number 1), `Lung` (number 7): choose one",
            ),
            (
                &two,
                "gtv-1",
                "expected the region `gtv-1`, found `GTV-1` (number 1), `Lung` (number 7)",
            ),
            (&[], "3", "expected the region number 3, found none"),
            (
                &[(1, "A"), (2, "A"), (3, "B")],
                "A",
                "expected one region `A`, found `A` (number 1), `A` (number 2)",
            ),
        ] {
            assert_eq!(
                message(regions, choice),
                expected,
                "{choice:?} of {regions:?}"
            );
        }
    }

    #[test]
    fn digits_alone_are_a_number() {
        for (text, expected) in [
            ("12", RoiChoice::Number(12)),
            ("+12", RoiChoice::Name("+12".to_owned())),
            ("99999999999", RoiChoice::Name("99999999999".to_owned())),
            ("", RoiChoice::Name(String::new())),
        ] {
            assert_eq!(text.parse(), Ok(expected), "{text:?}");
        }
    }
}
