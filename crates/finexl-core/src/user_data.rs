//! Where what the program has fitted for a user stays.

use std::path::PathBuf;

/// Environment variable that moves the folder.
pub const DATA_VARIABLE: &str = "FINEXL_DATA";

/// `$FINEXL_DATA`, else `finexl` in `$XDG_DATA_HOME` or `~/.local/share`; nothing without a home. Unlike the cache it
/// holds what takes long to make again.
pub fn folder() -> Option<PathBuf> {
    let variable = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    variable(DATA_VARIABLE)
        .or_else(|| variable("XDG_DATA_HOME").map(|p| p.join("finexl")))
        .or_else(|| variable("HOME").map(|p| p.join(".local").join("share").join("finexl")))
}
