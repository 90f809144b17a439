//! Where the voxels of a NIfTI-1 file lie in the world.

use nifti::NiftiHeader;

use super::header::header_problem;
use crate::{
    io::{
        ReadProblem,
        geometry::{MAX_AXIS_COSINE, cross, decimal, dot},
    },
    volume::Grid,
};

/// `pixdim` and the length of an sform column are the same spacing when they differ by no more than this, relatively.
const SAME_SPACING: f64 = 1e-5;

/// A quaternion whose vector part is longer than 1 by more than this is no rounded unit quaternion.
const QUATERNION_EXCESS: f64 = 1e-4;

/// Below this, the scalar part of a quaternion is rounding: the standard's own reader takes it as 0.
const QUATERNION_NO_SCALAR: f64 = 1e-7;

/// The grid of a header with `rank` dimensions: sform, else qform, else spacing alone.
pub(super) fn grid(
    fields: &NiftiHeader,
    rank: usize,
    size: [usize; 3],
) -> Result<Grid, ReadProblem> {
    let spacing_mm = spacing(fields, rank)?;
    let mut grid = Grid::axis_aligned(size, spacing_mm);
    if fields.sform_code > 0 {
        from_sform(fields, rank, &mut grid)?;
    } else if fields.qform_code > 0 {
        from_qform(fields, &mut grid)?;
    }
    Ok(grid)
}

fn spacing(fields: &NiftiHeader, rank: usize) -> Result<[f64; 3], ReadProblem> {
    let mut spacing_mm = [1.0; 3];
    for (axis, spacing) in spacing_mm.iter_mut().enumerate() {
        let value = fields.pixdim[axis + 1];
        if value.is_finite() && value > 0.0 {
            *spacing = decimal(value);
        } else if axis < rank {
            return Err(header_problem(
                format!("pixdim[{}]", axis + 1),
                "a positive spacing in mm",
                value,
            ));
        }
        // A file of two dimensions may be silent on the third: its slice is 1 mm thick.
    }
    Ok(spacing_mm)
}

fn from_sform(fields: &NiftiHeader, rank: usize, grid: &mut Grid) -> Result<(), ReadProblem> {
    let refuse = |found: String| ReadProblem::Orientation {
        form: "sform",
        found,
    };
    let rows = [fields.srow_x, fields.srow_y, fields.srow_z];
    if let Some(value) = rows.as_flattened().iter().find(|v| !v.is_finite()) {
        return Err(refuse(format!("the number `{value}`")));
    }
    let rows = rows.map(|row| row.map(decimal));
    grid.origin_mm = rows.map(|row| row[3]);

    for axis in 0..3 {
        let column = rows.map(|row| row[axis]);
        let length = dot(column, column).sqrt();
        if axis == 2 && rank == 2 && length == 0.0 {
            grid.direction[2] = cross(grid.direction[0], grid.direction[1]);
            continue;
        }
        if length == 0.0 {
            return Err(refuse(format!(
                "an axis {} of length 0",
                ["x", "y", "z"][axis]
            )));
        }
        grid.direction[axis] = column.map(|component| component / length);
        // `pixdim` holds the spacing without the rounding of an oblique axis' three components.
        let spacing = &mut grid.spacing_mm[axis];
        if (length - *spacing).abs() > SAME_SPACING * *spacing {
            *spacing = length;
        }
    }
    for (a, b, names) in [(0, 1, "x and y"), (0, 2, "x and z"), (1, 2, "y and z")] {
        let cosine = dot(grid.direction[a], grid.direction[b]).abs();
        if cosine > MAX_AXIS_COSINE {
            return Err(refuse(format!(
                "a cosine of {cosine} between the axes {names}"
            )));
        }
    }
    Ok(())
}

/// Method 2 of the standard: a unit quaternion `(a, b, c, d)` of which `b`, `c`, `d` are stored, and the sign `qfac`
/// of the third axis in `pixdim[0]`.
fn from_qform(fields: &NiftiHeader, grid: &mut Grid) -> Result<(), ReadProblem> {
    let vector = [fields.quatern_b, fields.quatern_c, fields.quatern_d];
    let offset = [fields.quatern_x, fields.quatern_y, fields.quatern_z];
    if let Some(value) = vector.iter().chain(&offset).find(|v| !v.is_finite()) {
        return Err(ReadProblem::Orientation {
            form: "qform",
            found: format!("the number `{value}`"),
        });
    }
    let mut vector = vector.map(decimal);
    let squared = dot(vector, vector);
    if squared > 1.0 + QUATERNION_EXCESS {
        return Err(ReadProblem::Orientation {
            form: "qform",
            found: format!("a quaternion of squared length {squared}"),
        });
    }
    let mut a = 1.0 - squared;
    if a < QUATERNION_NO_SCALAR {
        a = 0.0;
        vector = vector.map(|component| component / squared.sqrt());
    } else {
        a = a.sqrt();
    }
    let [b, c, d] = vector;
    let z_sign = if fields.pixdim[0] < 0.0 { -1.0 } else { 1.0 };
    grid.direction = [
        [
            a * a + b * b - c * c - d * d,
            2.0 * (b * c + a * d),
            2.0 * (b * d - a * c),
        ],
        [
            2.0 * (b * c - a * d),
            a * a + c * c - b * b - d * d,
            2.0 * (c * d + a * b),
        ],
        [
            z_sign * 2.0 * (b * d + a * c),
            z_sign * 2.0 * (c * d - a * b),
            z_sign * (a * a + d * d - b * b - c * c),
        ],
    ];
    grid.origin_mm = offset.map(decimal);
    Ok(())
}
