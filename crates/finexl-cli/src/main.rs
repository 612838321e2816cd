//! The `finexl` command line: one file per verb.

mod arguments;
mod card_file;
mod diagnostics;
mod experiment_results;
mod interruption;
mod numbers;
mod output;
mod report;
mod report_files;
mod verbs;

fn main() -> std::process::ExitCode {
    let arguments = arguments::Arguments::read();
    diagnostics::install(&arguments);
    finexl_data::decode::limits::set_most_pixels(arguments.max_pixels);
    interruption::install();
    match verbs::run(arguments) {
        Ok(code) => code,
        Err(error) => diagnostics::report(&error),
    }
}
