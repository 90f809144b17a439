//! Interpolation (VTM2).
