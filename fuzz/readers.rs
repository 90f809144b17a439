//! Every reader of files that others write, fed with any bytes. Shared by the fuzz targets and `tests/hostile.rs`.

use std::{fs, path::Path, sync::LazyLock};

use radgauge::{
    implementation::{
        adapter::protocol::Response,
        values::{Options, ValueFile},
    },
    results,
    suite::Suite,
};
use radgauge_engine::{
    io::{self, RoiChoice},
    settings::Settings,
    volume::Grid,
};

/// An image and a mask.
pub fn nifti(bytes: &[u8], folder: &Path) {
    let path = folder.join("image.nii");
    fs::write(&path, bytes).expect("the folder can be written");
    let _ = io::read_image(&path);
    let _ = io::read_mask(&path, None);
}

/// A slice alone in its folder, a structure set, a segmentation.
pub fn dicom(bytes: &[u8], folder: &Path) {
    let path = folder.join("object.dcm");
    fs::write(&path, bytes).expect("the folder can be written");
    let _ = io::read_image(folder);
    let _ = io::read_image(&path);
    // The grid of the structure set and the segmentation among the seeds.
    let mut grid = Grid::axis_aligned([4, 3, 2], [2.0, 3.0, 5.0]);
    grid.origin_mm = [10.0, 20.0, 30.0];
    grid.direction = [[-1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, 1.0]];
    let _ = io::read_roi(&path, &grid, &RoiChoice::Only);
    let _ = io::read_roi(&path, &grid, &RoiChoice::Number(1));
}

/// A result document.
pub fn results(bytes: &[u8], _folder: &Path) {
    if let Ok(text) = str::from_utf8(bytes) {
        let _ = results::read(text);
    }
}

/// A file of values, with a column `case` and without.
pub fn values(bytes: &[u8], _folder: &Path) {
    static SUITES: LazyLock<Vec<Suite>> = LazyLock::new(Suite::all);
    for case in [None, Some("ct_c".to_owned())] {
        let options = Options {
            case,
            ..Options::default()
        };
        let _ = ValueFile::read(bytes, &options, &SUITES);
    }
}

/// A line of an adapter.
pub fn adapter(bytes: &[u8], _folder: &Path) {
    if let Ok(Response::Result(result)) = serde_json::from_slice(bytes) {
        let _ = result.answers(&["stat/-/IPH6", "stat/-/7TET", "glcm/3d_avg/TU9B"]);
    }
}

/// Settings, which are written and read again when they are right.
pub fn settings(bytes: &[u8], _folder: &Path) {
    let Ok(text) = str::from_utf8(bytes) else {
        return;
    };
    if let Ok(settings) = Settings::from_toml(text) {
        let again = Settings::from_toml(&settings.to_toml());
        assert_eq!(
            again.ok().as_ref(),
            Some(&settings),
            "what is written can be read"
        );
    }
}
