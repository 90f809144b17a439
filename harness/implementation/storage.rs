//! In what form of file a question's image and mask are handed over. What is in them does not depend on it.

use std::{
    num::{NonZeroU8, NonZeroU32},
    path::Path,
};

use radgauge_engine::{
    io::{self, Encoding, ReadError, WriteError, write_image_as, write_labels},
    volume::{Image, Mask},
};

/// The label of the region of interest, where nothing else is asked for.
const FIRST_LABEL: NonZeroU8 = NonZeroU8::MIN;

/// The form of the files.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Storage {
    /// How intensities are encoded.
    pub encoding: Encoding,
    /// Whether both files are compressed.
    pub is_gzip: bool,
    /// The label of the region of interest. Above 1, the mask has another region, of label 1: every other voxel outside.
    pub label: NonZeroU8,
    /// Whether the image is a DICOM series, in a folder; the mask is not.
    pub is_dicom: bool,
}

impl Default for Storage {
    /// 64-bit floating point, not compressed, the region of label 1 alone.
    fn default() -> Self {
        Self {
            encoding: Encoding::default(),
            is_gzip: false,
            label: FIRST_LABEL,
            is_dicom: false,
        }
    }
}

impl Storage {
    /// The names of the files of image and mask, or of the folder of a series.
    #[must_use]
    pub fn names(&self) -> [&'static str; 2] {
        match (self.is_dicom, self.is_gzip) {
            (true, _) => ["image", "mask.nii"],
            (false, true) => ["image.nii.gz", "mask.nii.gz"],
            (false, false) => ["image.nii", "mask.nii"],
        }
    }

    /// Writes image and mask into a folder, under [their names](Self::names).
    ///
    /// # Errors
    /// [`WriteError`] when the encoding cannot hold an intensity, or a file cannot be written.
    pub fn write(&self, folder: &Path, image: &Image, mask: &Mask) -> Result<(), WriteError> {
        let [image_name, mask_name] = self.names();
        let image_path = folder.join(image_name);
        if self.is_dicom {
            io::write_series(image_path, image)?;
        } else {
            write_image_as(image_path, image, self.encoding)?;
        }
        let mut at = 0_usize;
        let labels = mask.map(|inside| {
            at += 1;
            match inside {
                true => self.label.get(),
                false => u8::from(self.label > FIRST_LABEL && at.is_multiple_of(2)),
            }
        });
        write_labels(folder.join(mask_name), &labels)
    }

    /// Reads image and mask back with the engine's own readers.
    ///
    /// # Errors
    /// [`ReadError`] when a file cannot be read.
    pub fn read(&self, folder: &Path) -> Result<(Image, Mask), ReadError> {
        let [image, mask] = self.names();
        let label = NonZeroU32::from(self.label);
        Ok((
            io::read_image(folder.join(image))?,
            io::read_mask(folder.join(mask), Some(label))?,
        ))
    }
}
