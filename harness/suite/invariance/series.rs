//! Whether an image is the same to the last bit as a DICOM series and as a NIfTI file. The one has whole numbers of 16 bits
//! and decimals of 16 characters, the other a geometry of 32-bit numbers.

use radgauge_engine::{
    io::series_holds,
    volume::{Grid, Image},
};

/// The most characters of a decimal in a series.
const MAX_DECIMAL: usize = 16;

/// Refuses an image that is not, with the reason.
pub(super) fn check(image: &Image) -> Result<(), String> {
    check_axes(image.grid())?;
    check_numbers(image.grid())?;
    match image.as_slice().iter().find(|v| !series_holds(**v)) {
        Some(v) => Err(format!("a series cannot hold the intensity `{v}`")),
        None => Ok(()),
    }
}

/// Axes along those of the patient, right-handed.
fn check_axes(grid: &Grid) -> Result<(), String> {
    let [x, y, z] = grid.direction;
    let components = grid.direction.as_flattened();
    if !components.iter().all(|d| [-1.0, 0.0, 1.0].contains(d)) {
        return Err("the image lies at an angle, which files round differently".into());
    }
    let normal = [0, 1, 2].map(|a| {
        let (b, c) = ((a + 1) % 3, (a + 2) % 3);
        x[b] * y[c] - x[c] * y[b]
    });
    if normal != z {
        return Err(
            "its axes are left-handed, and a series has its slices in one order only".into(),
        );
    }
    Ok(())
}

fn check_numbers(grid: &Grid) -> Result<(), String> {
    let last = grid.world_mm([0.0, 0.0, grid.size[2].max(1) as f64 - 1.0]);
    let numbers = [grid.spacing_mm, grid.origin_mm, last];
    let is_exact = |number: &f64| {
        f64::from(*number as f32) == *number && number.to_string().len() <= MAX_DECIMAL
    };
    match numbers
        .as_flattened()
        .iter()
        .find(|number| !is_exact(number))
    {
        Some(number) => Err(format!(
            "`{number}` mm of its geometry is one number in a NIfTI file and another in a series"
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use radgauge_phantoms::textured::textured_phantom;

    fn refusal(change: impl FnOnce(&mut Grid)) -> Option<String> {
        let (image, _) = textured_phantom();
        let mut grid = image.grid().clone();
        change(&mut grid);
        check(&Image::from_flat(grid, image.as_slice().to_vec())).err()
    }

    #[test]
    fn clinical_grids_are_checked_and_others_excluded() {
        assert_eq!(refusal(|_| {}), None, "as the phantom lies");
        // As most NIfTI files of scans lie: to the left and to the back.
        let left_back = |grid: &mut Grid| {
            grid.direction[0] = [-1.0, 0.0, 0.0];
            grid.direction[1] = [0.0, -1.0, 0.0];
            grid.spacing_mm = [0.9765625, 0.9765625, 3.0];
        };
        assert_eq!(refusal(left_back), None, "a scan");
        for (reason, change) in [
            (
                "left-handed",
                (|grid: &mut Grid| grid.direction[0] = [-1.0, 0.0, 0.0]) as fn(&mut Grid),
            ),
            ("at an angle", |grid| {
                grid.direction[0] = [0.8, 0.6, 0.0];
                grid.direction[1] = [-0.6, 0.8, 0.0];
            }),
            ("`0.7` mm", |grid| grid.spacing_mm[0] = 0.7),
            ("mm of its geometry", |grid| grid.origin_mm[2] = 1.0 / 3.0),
        ] {
            let found = refusal(change).expect(reason);
            assert!(found.contains(reason), "{found}");
        }
        let (image, _) = textured_phantom();
        let half = image.map(|v| v + 0.5);
        assert!(check(&half).is_err_and(|e| e.contains("the intensity")));
    }

    /// What is let through is the same after it was written and read in both forms.
    #[test]
    fn what_is_let_through_is_the_same_in_both_forms() {
        use crate::implementation::Storage;
        let (image, mask) = textured_phantom();
        let read = |storage: Storage| {
            let folder = tempfile::tempdir().expect("a temporary folder");
            storage
                .write(folder.path(), &image, &mask)
                .expect("written");
            storage.read(folder.path()).expect("read")
        };
        let series = Storage {
            is_dicom: true,
            ..Storage::default()
        };
        assert_eq!(read(series), read(Storage::default()), "grid and voxels");
    }
}
