//! The locks that this process holds: touched again and again, and removed when it ends.

use crate::lock_file::Made;
use crate::work_lock::remove_empty;
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

/// How often a lock is touched; far more often than it may stay untouched.
const BEAT: Duration = Duration::from_secs(10);

static HELD: Mutex<Vec<Arc<Held>>> = Mutex::new(Vec::new());

/// A lock of this process.
#[derive(Debug)]
pub(crate) struct Held {
    lock: PathBuf,
    content: Vec<u8>,
    file: File,
    /// Folders that were made for it, outermost first.
    folders: Vec<PathBuf>,
    lost: AtomicBool,
}

impl Held {
    /// A lock that was made, in folders that were made for it.
    pub fn new(lock: PathBuf, (file, content): Made, folders: Vec<PathBuf>) -> Self {
        Self {
            lock,
            content,
            file,
            folders,
            lost: AtomicBool::new(false),
        }
    }

    /// Whether no other process has replaced it.
    pub fn is_ours(&self) -> bool {
        if self.lost.load(Ordering::Relaxed) {
            return false;
        }
        // One that cannot be read at this moment is not lost yet.
        let lost = match std::fs::read(&self.lock) {
            Ok(there) => there != self.content,
            Err(error) => error.kind() == std::io::ErrorKind::NotFound,
        };
        self.lost.store(lost, Ordering::Relaxed);
        !lost
    }

    /// Writes its last byte anew, so that the file system's clock stands in it. The open file is written
    /// to, so that a lock of another process that has taken its name is not.
    fn touch(&self) -> std::io::Result<()> {
        let mut file = &self.file;
        let last = self.content.len().saturating_sub(1);
        file.seek(SeekFrom::Start(last as u64))?;
        file.write_all(&self.content[last..])?;
        file.sync_data()
    }

    fn remove(&self) {
        if self.is_ours() {
            let _ = std::fs::remove_file(&self.lock);
            remove_empty(&self.folders);
        }
    }
}

/// Keeps a lock alive until it is released.
pub(crate) fn register(held: Held) -> Arc<Held> {
    static BEATING: Once = Once::new();
    let held = Arc::new(held);
    locks().push(held.clone());
    BEATING.call_once(|| {
        let beating = std::thread::Builder::new().name("locks".to_string());
        let started = beating.spawn(|| {
            loop {
                std::thread::sleep(BEAT);
                beat();
            }
        });
        if let Err(error) = started {
            tracing::warn!("other machines cannot see that this process is at work: {error}");
        }
    });
    held
}

fn beat() {
    // Not while the list is held: a network file system may keep one waiting.
    let all: Vec<Arc<Held>> = locks().clone();
    for held in all.iter().filter(|held| held.is_ours()) {
        if let Err(error) = held.touch() {
            tracing::debug!("{} was not touched: {error}", held.lock.display());
        }
    }
}

/// Gives a lock back.
pub(crate) fn release(held: &Arc<Held>) {
    let mut all = locks();
    if let Some(place) = all.iter().position(|other| Arc::ptr_eq(other, held)) {
        all.swap_remove(place).remove();
    }
}

/// Gives all locks back; for a program that ends early and holds the writes
/// ([`crate::atomic::hold_writes`]).
pub fn release_all() {
    locks().drain(..).for_each(|held| held.remove());
}

fn locks() -> MutexGuard<'static, Vec<Arc<Held>>> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}
