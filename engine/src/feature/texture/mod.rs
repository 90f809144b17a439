//! What the texture families share: the grey levels laid out for fast neighbour access, directions, zones, counting,
//! and the aggregation of matrices and feature values over slices and directions.
//!
//! A family builds its matrices once, slice by slice or for the volume, and every aggregation
//! asked for is served from them.

mod aggregate;
mod counts;
mod level_counts;
mod levels;
mod window;
mod zones;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use level_counts::LevelCounts;
pub use zones::ZoneMaps;

pub(crate) use aggregate::{Features, Matrix, directional, evaluate, undirected};
pub(crate) use counts::{Cell, Counts, Tally};
pub(crate) use levels::{DIRECTIONS, Direction, Levels};
pub(crate) use window::window_sums;
pub(crate) use zones::{Zone, Zones};
