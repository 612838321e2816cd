//! The `finexl` binary.

fn main() -> std::process::ExitCode {
    finexl_cli::run(std::env::args_os())
}
