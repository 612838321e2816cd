//! An explanation as a table for the terminal.

use finexl_core::explanation::Explanation;
use finexl_plot::{TableOptions, terminal_table};
use std::io::IsTerminal;

/// The table for a terminal.
pub fn show(explanation: &Explanation, top: usize, quiet: bool) -> String {
    let terminal = std::io::stdout().is_terminal();
    let colour = terminal && std::env::var_os("NO_COLOR").is_none();
    let options = TableOptions {
        top,
        colour,
        quiet,
        ..TableOptions::default()
    };
    terminal_table(explanation, &options)
}
