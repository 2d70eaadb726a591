//! The program: parse, run, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    dsenv::cli::main(std::env::args_os())
}
