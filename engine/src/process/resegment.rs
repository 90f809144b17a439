//! Re-segmentation (IF9H).
