//! Ctrl-C: ends the program without half a result.

use finexl_core::{atomic, partial_folder};

/// Exit code of a program that was interrupted, as shells count it (128 + SIGINT).
pub const INTERRUPTED: i32 = 130;

/// Ends the program at Ctrl-C (and at a request to terminate), once every file that is being written
/// is whole and what is unfinished is removed.
pub fn install() {
    let result = ctrlc::set_handler(|| {
        let _held = atomic::hold_writes();
        partial_folder::remove_unfinished();
        finexl_core::release_locks();
        eprintln!("interrupted; nothing was left half-written, run the same command again");
        std::process::exit(INTERRUPTED);
    });
    if let Err(error) = result {
        // Without a handler the system ends the program, which is safe but may leave hidden files.
        tracing::warn!("Ctrl-C will leave temporary files: {error}");
    }
}
