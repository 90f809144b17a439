//! A response map against its reference, voxel by voxel, and pictures of both.
//!
//! IBSI 2 compares whole response maps: a map passes iff every voxel lies within the tolerance (IBSI 2 reference manual,
//! section *Reference response maps*). The largest difference decides; the 99th percentile tells a single stray voxel from
//! a map that is off everywhere, the place of the worst voxel a wrong boundary from a wrong kernel.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use radgauge_engine::volume::Image;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a response map deviates from its reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MapComparison {
    /// The largest |response − reference|, in tolerances; absent where the tolerance is 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub largest_tolerances: Option<f64>,
    /// The 99th percentile of |response − reference| (nearest rank), in tolerances; absent where the tolerance is 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percentile_99_tolerances: Option<f64>,
    /// How many voxels are farther off than the tolerance.
    pub voxels_off: usize,
    /// Number of voxels.
    pub voxels: usize,
    /// Where the largest difference lies (x, y, z, from 0); the first such voxel.
    pub worst_voxel: [usize; 3],
    /// The response there.
    pub response: f64,
    /// The reference there.
    pub reference: f64,
    /// The three orthogonal middle slices.
    pub slices: Vec<MapSlice>,
}

/// A slice of a response map in pictures: PNG, grey, base64.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MapSlice {
    /// The plane.
    pub plane: Plane,
    /// The slice's index along the axis that the plane is normal to.
    pub index: usize,
    /// Pixels along the first and the second axis of the plane.
    pub size: [usize; 2],
    /// The response, from the reference's smallest (black) to its largest value (white); from its own without a
    /// reference.
    pub response: String,
    /// The reference, on the same scale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Response − reference, from minus the tolerance (black) to plus the tolerance (white); grey is 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<String>,
}

/// A plane of voxels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Plane {
    /// x to the right, y down; normal to z.
    Xy,
    /// x to the right, z down; normal to y.
    Xz,
    /// y to the right, z down; normal to x.
    Yz,
}

impl Plane {
    const ALL: [Self; 3] = [Self::Xy, Self::Xz, Self::Yz];

    /// The plane's name and the axis that it is normal to.
    #[must_use]
    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Xy => ("x–y", "z"),
            Self::Xz => ("x–z", "y"),
            Self::Yz => ("y–z", "x"),
        }
    }

    /// First axis, second axis, normal.
    fn axes(self) -> [usize; 3] {
        match self {
            Self::Xy => [0, 1, 2],
            Self::Xz => [0, 2, 1],
            Self::Yz => [1, 2, 0],
        }
    }
}

/// Why two maps cannot be compared.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MapError {
    /// They have not the same size.
    #[error("expected a response map of {expected:?} voxels, found {found:?}")]
    Size {
        /// Voxels of the reference along x, y, z.
        expected: [usize; 3],
        /// Voxels of the response map.
        found: [usize; 3],
    },
    /// A voxel is no number.
    #[error("expected finite intensities, found `{value}` at voxel {voxel:?}")]
    NotFinite {
        /// The first such voxel (x, y, z, from 0).
        voxel: [usize; 3],
        /// What it holds.
        value: f64,
    },
    /// There is nothing to compare.
    #[error("expected a response map, found one without voxels")]
    Empty,
}

/// Compares a response map with its reference: the largest |response − reference|, and the details. `tolerance` is in
/// the unit of the intensities. The grids' places in the world are not looked at: a filter does not move voxels.
///
/// # Errors
/// [`MapError`] for maps of different sizes, without voxels, or with a voxel that is not finite.
pub fn compare(
    response: &Image,
    reference: &Image,
    tolerance: f64,
) -> Result<(f64, MapComparison), MapError> {
    if response.size() != reference.size() {
        return Err(MapError::Size {
            expected: reference.size(),
            found: response.size(),
        });
    }
    check_finite(response)?;
    check_finite(reference)?;
    let mut differences: Vec<f64> = (response.as_slice().iter().zip(reference.as_slice()))
        .map(|(response, reference)| (response - reference).abs())
        .collect();
    let voxels_off = differences.iter().filter(|d| **d > tolerance).count();
    let (worst, largest) = differences
        .iter()
        .copied()
        .enumerate()
        .reduce(|worst, next| if next.1 > worst.1 { next } else { worst })
        .ok_or(MapError::Empty)?;
    let voxels = differences.len();
    let rank = (voxels * 99).div_ceil(100) - 1;
    let (_, percentile_99, _) = differences.select_nth_unstable_by(rank, f64::total_cmp);
    let in_tolerances =
        |difference: f64| (tolerance > 0.0).then(|| (difference / tolerance).min(f64::MAX));
    let comparison = MapComparison {
        largest_tolerances: in_tolerances(largest),
        percentile_99_tolerances: in_tolerances(*percentile_99),
        voxels_off,
        voxels,
        worst_voxel: voxel(response, worst),
        response: response.as_slice()[worst],
        reference: reference.as_slice()[worst],
        slices: slices(response, Some((reference, tolerance))),
    };
    Ok((largest, comparison))
}

/// The largest |response| of a map without a reference, and pictures of it.
///
/// # Errors
/// [`MapError`] for a map without voxels or with a voxel that is not finite.
pub fn describe(response: &Image) -> Result<(f64, Vec<MapSlice>), MapError> {
    check_finite(response)?;
    let largest = response.as_slice().iter().map(|r| r.abs());
    let largest = largest.reduce(f64::max).ok_or(MapError::Empty)?;
    Ok((largest, slices(response, None)))
}

fn check_finite(image: &Image) -> Result<(), MapError> {
    match image.as_slice().iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(at) => Err(MapError::NotFinite {
            voxel: voxel(image, at),
            value: image.as_slice()[at],
        }),
    }
}

/// Index along x, y, z of the voxel at this place of the flat slice.
fn voxel(image: &Image, at: usize) -> [usize; 3] {
    let [nx, ny, _] = image.size();
    [at % nx, at / nx % ny, at / (nx * ny)]
}

fn slices(response: &Image, reference: Option<(&Image, f64)>) -> Vec<MapSlice> {
    let window = range(reference.map_or(response, |(reference, _)| reference));
    Plane::ALL
        .into_iter()
        .map(|plane| {
            let [first, second, normal] = plane.axes();
            let index = response.size()[normal] / 2;
            let size = [response.size()[first], response.size()[second]];
            let pixels = |value: &dyn Fn([usize; 3]) -> f64, window| {
                let mut voxel = [index; 3];
                let mut grey = Vec::with_capacity(size[0] * size[1]);
                for row in 0..size[1] {
                    for column in 0..size[0] {
                        (voxel[first], voxel[second]) = (column, row);
                        grey.push(level(value(voxel), window));
                    }
                }
                png(size, &grey)
            };
            MapSlice {
                plane,
                index,
                size,
                response: pixels(&|v| response.voxels()[v], window),
                reference: reference
                    .map(|(reference, _)| pixels(&|v| reference.voxels()[v], window)),
                difference: reference.map(|(reference, tolerance)| {
                    pixels(
                        &|v| response.voxels()[v] - reference.voxels()[v],
                        [-tolerance, tolerance],
                    )
                }),
            }
        })
        .collect()
}

fn range(image: &Image) -> [f64; 2] {
    image
        .as_slice()
        .iter()
        .fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], value| {
            [low.min(*value), high.max(*value)]
        })
}

/// The grey level of a value: black at the lower, white at the upper end of the window, medium where it has no width.
fn level(value: f64, [low, high]: [f64; 2]) -> u8 {
    if high > low {
        (255.0 * (value - low) / (high - low))
            .round()
            .clamp(0.0, 255.0) as u8
    } else {
        128
    }
}

/// A grey picture as PNG in base64.
fn png(size: [usize; 2], grey: &[u8]) -> String {
    let mut bytes = Vec::new();
    // Slices are middle slices of images that fit into memory: their sides fit into 32 bits.
    let mut encoder = png::Encoder::new(&mut bytes, size[0] as u32, size[1] as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder
        .write_header()
        .and_then(|mut writer| writer.write_image_data(grey))
        .expect("writing to memory cannot fail, and a slice has its pixels");
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use radgauge_engine::volume::Grid;

    use super::*;

    fn ramp() -> Image {
        Image::from_fn(Grid::axis_aligned([5, 4, 10], [1.0; 3]), |[x, y, z]| {
            (x + 10 * y + 100 * z) as f64
        })
    }

    #[test]
    fn the_worst_voxel_is_found() {
        let reference = ramp();
        let mut response = reference.clone();
        response.as_mut_slice()[1 + 5 * (2 + 4 * 7)] -= 3.0;
        response.as_mut_slice()[0] += 1.0;
        let (largest, found) = compare(&response, &reference, 2.0).expect("comparable");
        assert_eq!(largest, 3.0, "the largest difference");
        assert_eq!(found.largest_tolerances, Some(1.5), "in tolerances");
        assert_eq!(
            found.percentile_99_tolerances,
            Some(0.0),
            "two of 200 voxels are off"
        );
        assert_eq!(
            (found.voxels_off, found.voxels),
            (1, 200),
            "one beyond the tolerance"
        );
        assert_eq!(found.worst_voxel, [1, 2, 7], "where it is");
        assert_eq!(
            (found.response, found.reference),
            (718.0, 721.0),
            "what is there"
        );
    }

    #[test]
    fn a_quarter_of_the_voxels_moves_the_99th_percentile() {
        let reference = ramp();
        let mut response = reference.clone();
        response.as_mut_slice()[..50]
            .iter_mut()
            .for_each(|v| *v += 1.0);
        let (_, found) = compare(&response, &reference, 2.0).expect("comparable");
        assert_eq!(
            found.percentile_99_tolerances,
            Some(0.5),
            "50 of 200 voxels are off"
        );
    }

    #[test]
    fn equal_maps_do_not_differ() {
        let (largest, found) = compare(&ramp(), &ramp(), 0.0).expect("comparable");
        assert_eq!((largest, found.voxels_off), (0.0, 0), "no difference");
        assert_eq!(found.largest_tolerances, None, "no tolerance to count in");
    }

    #[test]
    fn what_cannot_be_compared_is_refused() {
        let smaller = Image::from_fn(Grid::axis_aligned([5, 4, 9], [1.0; 3]), |_| 0.0);
        assert_eq!(
            compare(&smaller, &ramp(), 1.0)
                .expect_err("another size")
                .to_string(),
            "expected a response map of [5, 4, 10] voxels, found [5, 4, 9]"
        );
        let mut response = ramp();
        response.as_mut_slice()[7] = f64::NAN;
        assert_eq!(
            compare(&response, &ramp(), 1.0)
                .expect_err("not a number")
                .to_string(),
            "expected finite intensities, found `NaN` at voxel [2, 1, 0]"
        );
        assert!(describe(&response).is_err(), "nor can it be described");
        let empty = Image::from_fn(Grid::axis_aligned([0, 4, 9], [1.0; 3]), |_| 0.0);
        assert_eq!(
            compare(&empty, &empty, 1.0),
            Err(MapError::Empty),
            "no voxels"
        );
    }

    #[test]
    fn pictures_show_the_middle_slices() {
        let (_, found) = compare(&ramp(), &ramp(), 1.0).expect("comparable");
        let shown: Vec<_> = found
            .slices
            .iter()
            .map(|s| (s.plane, s.index, s.size))
            .collect();
        assert_eq!(
            shown,
            [
                (Plane::Xy, 5, [5, 4]),
                (Plane::Xz, 2, [5, 10]),
                (Plane::Yz, 2, [4, 10])
            ],
            "planes, indices and sizes"
        );
        let slice = &found.slices[1];
        let bytes = STANDARD.decode(&slice.response).expect("base64");
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes))
            .read_info()
            .expect("a PNG");
        let mut grey = vec![0; reader.output_buffer_size().expect("a small picture")];
        reader.next_frame(&mut grey).expect("a picture");
        let expected: Vec<u8> = (0..10)
            .flat_map(|z| (0..5).map(move |x| level((x + 20 + 100 * z) as f64, [0.0, 934.0])))
            .collect();
        assert_eq!(grey, expected, "x to the right, z down, black to white");
    }
}
