//! The region of interest: two masks, kept apart as the manual keeps them (*Intensity and morphological masks of an
//! ROI*, ECJF).

use crate::volume::{Mask, VoxelBox};

/// A region of interest on the grid of its image.
#[derive(Clone, Debug, PartialEq)]
pub struct Roi {
    /// The morphological mask (G5KJ): the region as it was drawn, never re-segmented.
    pub morphological: Mask,
    /// The intensity mask (SEFI): the part of the region that re-segmentation leaves.
    pub intensity: Mask,
}

impl Roi {
    /// A region whose two masks are the same, as they are before re-segmentation.
    #[must_use]
    pub fn new(mask: Mask) -> Self {
        Self {
            intensity: mask.clone(),
            morphological: mask,
        }
    }

    /// The part of the region inside `bounds`.
    ///
    /// # Panics
    /// When `bounds` reaches beyond the masks.
    #[must_use]
    #[track_caller]
    pub fn crop(&self, bounds: VoxelBox) -> Self {
        Self {
            morphological: self.morphological.crop(bounds).into_owned(),
            intensity: self.intensity.crop(bounds).into_owned(),
        }
    }
}
