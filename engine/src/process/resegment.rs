//! Re-segmentation (IF9H).

use crate::{
    roi::Roi,
    settings::Resegment,
    volume::{Image, Mask},
};

/// Keeps in the intensity mask (SEFI) what lies in the intensity range (USB3) and within the outlier limits (7ACA);
/// the morphological mask (G5KJ) stays as it was drawn.
///
/// # Formula
/// ```text
/// range     a ≤ X ≤ b
/// outliers  μ − k σ ≤ X ≤ μ + k σ
/// ```
/// `μ` is the mean and `σ` the population standard deviation of the intensities in the morphological mask: of the
/// region before the range is applied, because the manual asks for the intersection of the intervals that each method
/// gives. Both intervals are closed. A flat region has no outliers. The intensity mask may become empty, which is the
/// features' to report.
///
/// # Panics
/// When image and region have not the same number of voxels: the caller made both.
#[track_caller]
pub fn resegment(image: &Image, roi: &mut Roi, settings: &Resegment) {
    assert_eq!(
        image.size(),
        roi.intensity.size(),
        "an image and its region lie on one grid"
    );
    let intervals = [
        settings.range,
        settings
            .outlier_sigma
            .and_then(|sigma| outlier_limits(image, &roi.morphological, sigma)),
    ];
    for [low, high] in intervals.into_iter().flatten() {
        let runs: Vec<_> = roi.intensity.runs().collect();
        for run in runs {
            let voxels = roi.intensity.as_mut_slice()[run.clone()].iter_mut();
            for (inside, intensity) in voxels.zip(&image.as_slice()[run]) {
                *inside = (low..=high).contains(intensity);
            }
        }
    }
}

/// `[μ − k σ, μ + k σ]`, or `None` for an empty mask.
fn outlier_limits(image: &Image, mask: &Mask, k: f64) -> Option<[f64; 2]> {
    let intensities = image.inside(mask);
    // Sums of differences to one of the intensities: exact for a flat region, which must keep all its voxels.
    let first = intensities.first()?;
    let n = intensities.len() as f64;
    let mean = first + intensities.iter().map(|x| x - first).sum::<f64>() / n;
    let variance = intensities.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
    let limit = k * variance.sqrt();
    Some([mean - limit, mean + limit])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::volume::{Grid, Volume};

    fn line(intensities: &[f64]) -> (Image, Roi) {
        let grid = Grid::axis_aligned([intensities.len(), 1, 1], [1.0; 3]);
        let image = Volume::from_flat(grid, intensities.to_vec());
        let roi = Roi::new(image.map(|_| true));
        (image, roi)
    }

    fn kept(intensities: &[f64], range: Option<[f64; 2]>, outlier_sigma: Option<f64>) -> Vec<bool> {
        let (image, mut roi) = line(intensities);
        let settings = Resegment {
            range,
            outlier_sigma,
        };
        resegment(&image, &mut roi, &settings);
        assert_eq!(
            roi.morphological.count(),
            intensities.len(),
            "the morphological mask is never re-segmented"
        );
        roi.intensity.as_slice().to_vec()
    }

    #[test]
    fn ranges_are_closed() {
        let intensities = [-501.0, -500.0, 0.0, 400.0, 400.5];
        assert_eq!(
            kept(&intensities, Some([-500.0, 400.0]), None),
            [false, true, true, true, false]
        );
        assert_eq!(
            kept(&intensities, Some([0.0, f64::INFINITY]), None),
            [false, false, true, true, true],
            "half-open"
        );
        assert_eq!(
            kept(&intensities, None, None),
            [true; 5],
            "nothing asked for"
        );
        assert_eq!(
            kept(&intensities, Some([1.0, 2.0]), None),
            [false; 5],
            "an empty intensity mask is an answer"
        );
    }

    #[test]
    fn outlier_limits_are_closed_and_use_the_population_deviation() {
        // Mean 0, population standard deviation 1 (sample: 1.15).
        let intensities = [-1.0, 1.0, -1.0, 1.0];
        assert_eq!(
            kept(&intensities, None, Some(1.0)),
            [true; 4],
            "on the limits"
        );
        assert_eq!(kept(&intensities, None, Some(0.999)), [false; 4], "outside");
    }

    #[test]
    fn outliers_are_told_before_the_range_is_applied() {
        // Mean 10, σ = 30: all but the 100 lie within one σ. After the range, 0 and 0.5 would differ from the others.
        let intensities = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 100.0];
        let mut expected = [true; 10];
        expected[9] = false;
        assert_eq!(kept(&intensities, Some([-1.0, 50.0]), Some(1.0)), expected);

        // Twice is as once: the limits come from the region as it was drawn.
        let (image, mut roi) = line(&[0.0, 1.0, 2.0, 3.0, 4.0, 30.0]);
        let settings = Resegment {
            range: None,
            outlier_sigma: Some(1.0),
        };
        resegment(&image, &mut roi, &settings);
        let once = roi.clone();
        resegment(&image, &mut roi, &settings);
        assert_eq!(roi, once, "re-segmentation is idempotent");
        assert_eq!(roi.intensity.count(), 5, "mean 6.7, σ 10.5");
    }

    #[test]
    fn flat_and_empty_regions() {
        // Ten times 0.1 is not 1 in floating point.
        assert_eq!(
            kept(&[0.1; 10], None, Some(3.0)),
            [true; 10],
            "a flat region"
        );
        let (image, mut roi) = line(&[1.0, 2.0]);
        roi.morphological = roi.morphological.map(|_| false);
        roi.intensity = roi.intensity.map(|_| false);
        let settings = Resegment {
            range: Some([0.0, 5.0]),
            outlier_sigma: Some(3.0),
        };
        resegment(&image, &mut roi, &settings);
        assert_eq!(roi.intensity.count(), 0, "an empty region stays empty");
    }

    proptest! {
        #[test]
        fn both_methods_give_the_intersection(
            intensities in prop::collection::vec(-100.0_f64..100.0, 1..20),
            low in -100.0_f64..0.0,
            high in 0.0_f64..100.0,
            sigma in 0.1_f64..3.0,
        ) {
            let range = kept(&intensities, Some([low, high]), None);
            let outliers = kept(&intensities, None, Some(sigma));
            let both: Vec<bool> = range.iter().zip(&outliers).map(|(a, b)| a & b).collect();
            prop_assert_eq!(kept(&intensities, Some([low, high]), Some(sigma)), both);
        }
    }
}
