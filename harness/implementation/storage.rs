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
}

impl Default for Storage {
    /// 64-bit floating point, not compressed, the region of label 1 alone.
    fn default() -> Self {
        Self {
            encoding: Encoding::default(),
            is_gzip: false,
            label: FIRST_LABEL,
        }
    }
}

impl Storage {
    /// The names of the files of image and mask.
    #[must_use]
    pub fn names(&self) -> [&'static str; 2] {
        if self.is_gzip {
            ["image.nii.gz", "mask.nii.gz"]
        } else {
            ["image.nii", "mask.nii"]
        }
    }

    /// Writes image and mask into a folder, under [their names](Self::names).
    ///
    /// # Errors
    /// [`WriteError`] when the encoding cannot hold an intensity, or a file cannot be written.
    pub fn write(&self, folder: &Path, image: &Image, mask: &Mask) -> Result<(), WriteError> {
        let [image_name, mask_name] = self.names();
        write_image_as(folder.join(image_name), image, self.encoding)?;
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
