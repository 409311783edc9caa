//! The binary `teal`. Everything is in the library, where tests reach it.

use std::process::ExitCode;

fn main() -> ExitCode {
    teal_cli::run(std::env::args_os())
}
