//! The binary `teal`. Everything is in the library, where tests reach it.

use std::process::ExitCode;

/// A worker serves many streams with short-lived buffers from several threads; the system's allocator
/// keeps what they leave: several hundred streams took 230 MB for 75 MB in use, with this one 130 MB
/// (`cargo x bench streams`).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    teal_cli::run(std::env::args_os())
}
