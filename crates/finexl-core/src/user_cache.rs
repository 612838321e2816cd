//! Where what can be made again is kept between runs.

use std::path::PathBuf;

/// Environment variable that moves the cache.
pub const CACHE_VARIABLE: &str = "FINEXL_CACHE";

/// `$FINEXL_CACHE`, else `finexl` in `$XDG_CACHE_HOME` or `~/.cache`; nothing without a home.
pub fn folder() -> Option<PathBuf> {
    let variable = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    variable(CACHE_VARIABLE)
        .or_else(|| variable("XDG_CACHE_HOME").map(|p| p.join("finexl")))
        .or_else(|| variable("HOME").map(|p| p.join(".cache").join("finexl")))
}
