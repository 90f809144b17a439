//! The command line program.

use std::process::ExitCode;

/// Keeps the memory of one image for the next.
#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    radgauge::cli::main()
}
