//! Intensity discretisation (4R0B).

use crate::volume::Volume;

/// The grey levels of a region of interest.
#[derive(Clone, Debug, PartialEq)]
pub struct Discretised {
    /// The grey level of every voxel: 1 to `n_levels` inside the intensity mask, 0 outside.
    pub levels: Volume<u16>,
    /// The number of grey levels N_g: the bins of a fixed bin number, the highest level otherwise. Levels may be
    /// absent.
    pub n_levels: u16,
}
