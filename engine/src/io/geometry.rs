//! What the formats' orientations share.

/// The largest cosine between two voxel axes that are still perpendicular. Rounding to 32 bits gives 1e-7; a sheared
/// gantry gives 1e-2 and more.
pub(super) const MAX_AXIS_COSINE: f64 = 1e-4;

pub(super) fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

pub(super) fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    ]
}

pub(super) fn minus(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    std::array::from_fn(|i| a[i] - b[i])
}

/// The decimal number that a 32-bit value stands for: 0.977 and not 0.97699999809. Without this, grid sizes and voxel
/// positions that are exact on paper come out beside themselves.
pub(super) fn decimal(value: f32) -> f64 {
    value
        .to_string()
        .parse()
        .expect("the shortest text of an f32 is a number")
}
