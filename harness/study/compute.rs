//! Computing the cells of one case for a group of draws: whatever cells share is computed once.
//!
//! ```text
//! perturb the scan                    once a group of draws
//! └ interpolate image and mask        once a kind of interpolation
//!   ├ perturb the region              once a draw
//!   ├ filter the image                once a filter
//!   └ re-segment                      once a draw and re-segmentation
//!     └ discretise, build matrices    once a method; a matrix serves all aggregations
//! ```
//! At most one interpolated image and one response map are held at a time.

use std::borrow::Cow;

use radgauge_engine::{
    feature::FeatureKey,
    filter::Filter,
    pipeline::Region,
    process::{
        interpolate::{interpolate_image_posed, interpolate_mask_posed, round_intensities},
        resegment::resegment,
    },
    roi::Roi,
    settings::{Interpolate, Interpolation, Resegment, Settings},
    volume::{Image, Mask},
};
use radgauge_phantoms::perturb::{Chain, SeedKey};

use super::{cases::Scan, store::Cell};
use crate::implementation::{Answer, Failure, Implementation, Question, Storage};

/// A point of the grid as it is computed.
#[derive(Clone, Copy, Debug)]
pub struct Point<'a> {
    /// Its index.
    pub index: usize,
    /// Its settings.
    pub settings: &'a Settings,
    /// The features that the settings give, in order.
    pub keys: &'a [(FeatureKey, usize)],
}

/// What is to be computed of a case: draws that share the interpolated image, by index, with the points of each.
#[derive(Clone, Debug)]
pub struct Work<'a> {
    /// Id of the case.
    pub case: &'a str,
    /// The draws and what is wanted of them; at least one.
    pub draws: Vec<(usize, &'a Chain, Vec<Point<'a>>)>,
    /// What random numbers hang on.
    pub key: SeedKey,
}

/// Takes the cells as they are computed: index of the draw, of the point, the cell. Returns whether to go on.
pub type Sink<'a> = dyn FnMut(usize, usize, Cell) -> bool + 'a;

/// Computes the cells with the built-in engine.
pub fn by_engine(scan: &Scan, work: &Work<'_>, sink: &mut Sink<'_>) {
    let all = || work.draws.iter().flat_map(|(_, _, points)| points);
    for is_rounded in distinct(all().map(|point| point.settings.round_on_load)) {
        let image = match is_rounded {
            true => round_intensities(&scan.image),
            false => Cow::Borrowed(&scan.image),
        };
        let chain = work.draws[0].1;
        let mut of_group = work.filtered(|settings| settings.round_on_load == is_rounded);
        match chain.scan(&image, &scan.mask, &work.key) {
            Ok((image, mask)) => {
                if !perturbed(&image, &mask, &of_group, sink) {
                    return;
                }
            }
            Err(error) => {
                if !of_group.fail(&error.to_string(), sink) {
                    return;
                }
            }
        }
    }
}

/// From the perturbed scan on. Returns whether to go on.
fn perturbed(image: &Image, mask: &Mask, work: &Work<'_>, sink: &mut Sink<'_>) -> bool {
    let pose = work.draws[0].1.pose();
    let all = || work.draws.iter().flat_map(|(_, _, points)| points);
    for interpolate in distinct(all().map(|point| point.settings.interpolate.as_ref())) {
        let mut own = work.filtered(|settings| settings.interpolate.as_ref() == interpolate);
        let on_grid = match interpolate {
            None => Ok((Cow::Borrowed(image), Cow::Borrowed(mask))),
            Some(settings) => {
                let (image, mask) = rayon::join(
                    || interpolate_image_posed(image, settings, &pose),
                    || interpolate_mask_posed(mask, settings, &pose),
                );
                image.and_then(|image| Ok((Cow::Owned(image), Cow::Owned(mask?))))
            }
        };
        let goes_on = match on_grid {
            Ok((image, mask)) => interpolated(&image, &mask, &own, sink),
            Err(error) => own.fail(&error.to_string(), sink),
        };
        if !goes_on {
            return false;
        }
    }
    true
}

/// From the interpolated scan on.
fn interpolated(image: &Image, mask: &Mask, work: &Work<'_>, sink: &mut Sink<'_>) -> bool {
    let mut regions: Vec<(usize, Cow<'_, Mask>, &[Point<'_>])> = Vec::new();
    for (draw, chain, points) in &work.draws {
        // The unperturbed region may be empty, which the features report.
        let region = match chain.steps.is_empty() {
            true => Ok(Cow::Borrowed(mask)),
            false => chain.region(image, mask, &work.key),
        };
        match region {
            Ok(region) => regions.push((*draw, region, points)),
            Err(error) => {
                for point in points {
                    if !sink(*draw, point.index, Cell::Failed(error.to_string())) {
                        return false;
                    }
                }
            }
        }
    }
    let all = || regions.iter().flat_map(|(_, _, points)| points.iter());
    for filter in distinct(all().map(|point| point.settings.filter.as_ref())) {
        let response = match filter
            .map(|filter: &Filter| filter.apply(image))
            .transpose()
        {
            Ok(response) => Ok(response.map_or(Cow::Borrowed(image), Cow::Owned)),
            Err(error) => Err(error.to_string()),
        };
        for (draw, mask, points) in &regions {
            let own = |point: &&Point<'_>| point.settings.filter.as_ref() == filter;
            let points: Vec<Point<'_>> = points.iter().filter(own).copied().collect();
            let goes_on = match &response {
                Ok(response) => filtered(image, response, mask, *draw, &points, sink),
                Err(error) => {
                    let mut points = points.iter();
                    points.all(|point| sink(*draw, point.index, Cell::Failed(error.clone())))
                }
            };
            if !goes_on {
                return false;
            }
        }
    }
    true
}

/// From the response map on, for one draw. Re-segmentation reads the unfiltered image.
fn filtered(
    image: &Image,
    response: &Image,
    mask: &Mask,
    draw: usize,
    points: &[Point<'_>],
    sink: &mut Sink<'_>,
) -> bool {
    for range in distinct(points.iter().map(|point| &point.settings.resegment)) {
        let own: Vec<&Point<'_>> = points
            .iter()
            .filter(|point| point.settings.resegment == *range)
            .collect();
        let mut roi = Roi::new(mask.clone());
        if *range != Resegment::default() {
            resegment(image, &mut roi, range);
        }
        let settings: Vec<&Settings> = own.iter().map(|point| point.settings).collect();
        let tables = Region::new(response, &roi).features_of(&settings);
        for (point, table) in own.iter().zip(tables) {
            let cell = match table {
                Ok(table) => {
                    let rows = table.rows();
                    let keys = point.keys.iter().map(|(key, _)| key);
                    debug_assert!(
                        keys.eq(rows.iter().map(|(key, _)| key)),
                        "one order of keys"
                    );
                    cell(
                        rows.iter()
                            .map(|(_, value)| value.map_err(|undefined| undefined.to_string())),
                    )
                }
                Err(error) => Cell::Failed(error.to_string()),
            };
            if !sink(draw, point.index, cell) {
                return false;
            }
        }
    }
    true
}

impl<'a> Work<'a> {
    /// The work whose settings fulfil something; draws of which nothing is left go.
    fn filtered(&self, holds: impl Fn(&Settings) -> bool) -> Self {
        let draws = self.draws.iter().map(|(draw, chain, points)| {
            let points = points.iter().filter(|point| holds(point.settings));
            (*draw, *chain, points.copied().collect::<Vec<_>>())
        });
        Self {
            draws: draws.filter(|(_, _, points)| !points.is_empty()).collect(),
            ..*self
        }
    }

    /// All of it failed.
    fn fail(&mut self, reason: &str, sink: &mut Sink<'_>) -> bool {
        let cells = self
            .draws
            .iter()
            .flat_map(|(draw, _, points)| points.iter().map(|point| (*draw, point.index)));
        cells
            .collect::<Vec<_>>()
            .into_iter()
            .all(|(draw, point)| sink(draw, point, Cell::Failed(reason.to_owned())))
    }
}

/// Computes the cells with another implementation. It gets the perturbed scan: where a draw turns or moves the
/// interpolation grid or changes the region, image (cubic spline) and mask (linear) are resampled on a grid of the scan's
/// own spacing first, so that they are interpolated twice if the settings interpolate as well.
///
/// # Errors
/// [`Failure`] when the implementation cannot be used any more; what it did not manage is a failed cell.
pub fn by_implementation(
    implementation: &dyn Implementation,
    scan: &Scan,
    work: &Work<'_>,
    sink: &mut Sink<'_>,
) -> Result<(), Failure> {
    for (draw, chain, points) in &work.draws {
        let materialised = match materialise(scan, chain, &work.key) {
            Ok(materialised) => materialised,
            Err(error) => {
                for point in points {
                    if !sink(*draw, point.index, Cell::Failed(error.clone())) {
                        return Ok(());
                    }
                }
                continue;
            }
        };
        let (image, mask) = &materialised;
        let case = format!("study/{}/{}", work.case, chain.name);
        for point in points {
            let keys: Vec<String> = point.keys.iter().map(|(key, _)| key.to_string()).collect();
            let texts: Vec<&str> = keys.iter().map(String::as_str).collect();
            let answers = implementation.answer(Question {
                case: &case,
                keys: &texts,
                image,
                mask,
                settings: point.settings,
                storage: Storage::default(),
                source: None,
            });
            let cell = match answers {
                Ok(answers) => cell(keys.iter().map(|key| value(answers.get(key)))),
                Err(failure) if failure.is_unusable => return Err(failure),
                Err(failure) => Cell::Failed(failure.message),
            };
            if !sink(*draw, point.index, cell) {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// The perturbed scan on a grid of its own.
fn materialise<'a>(
    scan: &'a Scan,
    chain: &Chain,
    key: &SeedKey,
) -> Result<(Cow<'a, Image>, Cow<'a, Mask>), String> {
    if chain.steps.is_empty() {
        return Ok((Cow::Borrowed(&scan.image), Cow::Borrowed(&scan.mask)));
    }
    let words = |error: &dyn std::error::Error| error.to_string();
    let (image, mask) = chain
        .scan(&scan.image, &scan.mask, key)
        .map_err(|e| words(&e))?;
    let pose = chain.pose();
    let (image, mask) = match pose.is_identity() {
        true => (image, mask),
        false => {
            let settings = Interpolate::at_own_spacing(image.grid(), Interpolation::CubicSpline);
            (
                Cow::Owned(
                    interpolate_image_posed(&image, &settings, &pose).map_err(|e| words(&e))?,
                ),
                Cow::Owned(interpolate_mask_posed(&mask, &settings, &pose).map_err(|e| words(&e))?),
            )
        }
    };
    let region = chain
        .region(&image, &mask, key)
        .map_err(|e| words(&e))?
        .into_owned();
    Ok((image, Cow::Owned(region)))
}

/// The value of an answer, or why there is none. A value of another definition is none.
fn value(answer: Option<&Answer>) -> Result<f64, String> {
    match answer {
        Some(
            Answer::Value(value)
            | Answer::Differing { value, .. }
            | Answer::Converted { value, .. },
        ) => match value.is_finite() {
            true => Ok(*value),
            false => Err(format!("the answer is {value}")),
        },
        Some(Answer::OtherDefinition { difference, .. }) => {
            Err(format!("of another definition: {difference}"))
        }
        Some(Answer::Undefined(reason)) => Err(reason.clone()),
        Some(Answer::Unsupported(reason)) => Err(format!("unsupported: {reason}")),
        Some(Answer::Missing(reason)) => Err(format!("missing: {reason}")),
        Some(Answer::Invalid(reason)) => Err(format!("invalid: {reason}")),
        Some(Answer::Nondeterministic([first, second])) => Err(format!(
            "the same question had the answers {first} and {second}"
        )),
        None => Err("missing: not answered".to_owned()),
    }
}

/// A cell of values.
fn cell(values: impl Iterator<Item = Result<f64, String>>) -> Cell {
    let mut numbers = Vec::new();
    let mut reasons = Vec::new();
    for (i, value) in values.enumerate() {
        numbers.push(match value {
            Ok(value) if value.is_finite() => value,
            Ok(value) => {
                reasons.push((i as u32, format!("the value is {value}")));
                f64::NAN
            }
            Err(reason) => {
                reasons.push((i as u32, reason));
                f64::NAN
            }
        });
    }
    Cell::Values {
        values: numbers,
        reasons,
    }
}

/// The items that differ, in the order in which they come.
fn distinct<T: PartialEq>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut distinct = Vec::new();
    for item in items {
        if !distinct.contains(&item) {
            distinct.push(item);
        }
    }
    distinct
}
