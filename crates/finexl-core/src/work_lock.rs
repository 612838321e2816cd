//! One process at a time for a unit of work: a training, a personalization, a folder of images or of results.
//!
//! A lock is a file that says which process holds it. It is made whole or not at all, and only where there is
//! none; that holds on network file systems too. Who finds one asks whether its process still runs: on the
//! same machine the system says so, of another machine the lock's file has to be touched again and again.
//!
//! A lock that was left behind may be replaced only by who holds a second lock, named after the content of the
//! first. So of several that find it one replaces it, and one that was slow finds another content and looks
//! again. The second lock is a lock as the first, so it may be left behind as well.

use crate::fingerprint::Fingerprint;
use crate::held_locks::{self, Held};
use crate::lock_file::{Found, Made, Prepared};
use crate::owner::{Life, Owner};
use crate::write_target::folder_of;
use crate::{CoreError, atomic, leftovers};
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Name of the lock inside a folder that is worked in, and end of that of a file.
const NAME: &str = ".finexl-lock";
/// How long is waited before looking again, at first and at last.
const SHORTEST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_millis(500);
/// How often it is looked again where others come and go in between.
const LOOKS: usize = 1000;

/// A unit of work that one process at a time does.
#[derive(Clone, Debug)]
pub struct WorkPlace {
    /// The folder or file that is worked on.
    path: PathBuf,
    lock: PathBuf,
}

/// The right to work on something, until it is dropped.
#[derive(Debug)]
#[must_use = "the work is free for others as soon as this is dropped"]
pub struct WorkLock {
    path: PathBuf,
    held: Arc<Held>,
}

/// What came of asking for work.
#[derive(Debug)]
pub enum Attempt {
    /// It is ours.
    Ours(WorkLock),
    /// Another process is at it.
    Theirs(Owner),
}

/// What becomes of work that another process is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// It is waited for, as by [`WorkPlace::wait`].
    Wait,
    /// It is left to that process.
    Leave,
}

impl WorkPlace {
    /// A folder; it is made where it is not there.
    pub fn folder(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        Self {
            path: path.to_path_buf(),
            lock: path.join(NAME),
        }
    }

    /// A file; its lock lies beside it.
    pub fn file(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Self {
            path: path.to_path_buf(),
            lock: folder_of(path).join(format!(".{name}{NAME}")),
        }
    }

    /// Who is at the work at this moment, as far as can be seen without taking it.
    ///
    /// # Errors
    /// [`CoreError::Read`] where the lock is there and cannot be read.
    pub fn holder(&self) -> Result<Option<Owner>, CoreError> {
        let found = Found::read(&self.lock).map_err(|source| CoreError::Read {
            path: self.lock.clone(),
            source,
        })?;
        Ok(found.and_then(|found| found.holder(SystemTime::now())))
    }

    /// Takes the work if it is free, without waiting.
    ///
    /// # Errors
    /// [`CoreError::Write`] where the folder cannot be made or written to.
    pub fn attempt(&self) -> Result<Attempt, CoreError> {
        let _writing = atomic::writing();
        let mut made = Vec::new();
        let attempt = self.attempt_in(&mut made);
        // A lock takes care of the folders that were made for it.
        remove_empty(&made);
        attempt
    }

    /// Takes the work, waiting for the process that is at it; says so, once for each, as a warning.
    ///
    /// Never asked for by a thread that has it already.
    ///
    /// # Errors
    /// As [`WorkPlace::attempt`].
    pub fn wait(&self) -> Result<WorkLock, CoreError> {
        let mut said = None;
        let mut pause = SHORTEST;
        loop {
            match self.attempt()? {
                Attempt::Ours(lock) => return Ok(lock),
                Attempt::Theirs(owner) => {
                    if said.as_ref() != Some(&owner) {
                        let path = self.path.display();
                        tracing::warn!("waiting for {owner}, which is at work in {path}");
                        said = Some(owner);
                    }
                }
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(LONGEST);
        }
    }

    /// Takes the work; nothing where it is left to another process.
    ///
    /// # Errors
    /// As [`WorkPlace::attempt`].
    pub fn take(&self, patience: Patience) -> Result<Option<WorkLock>, CoreError> {
        match patience {
            Patience::Wait => self.wait().map(Some),
            Patience::Leave => match self.attempt()? {
                Attempt::Ours(lock) => Ok(Some(lock)),
                Attempt::Theirs(_) => Ok(None),
            },
        }
    }

    /// Takes the work, or refuses to where another process is at it.
    ///
    /// # Errors
    /// [`CoreError::Busy`] naming that process, else as [`WorkPlace::attempt`].
    pub fn claim(&self) -> Result<WorkLock, CoreError> {
        match self.attempt()? {
            Attempt::Ours(lock) => Ok(lock),
            Attempt::Theirs(owner) => Err(CoreError::Busy {
                path: self.path.clone(),
                owner,
            }),
        }
    }

    fn attempt_in(&self, made: &mut Vec<PathBuf>) -> Result<Attempt, CoreError> {
        let failed = |source| CoreError::Write {
            path: self.path.clone(),
            source,
        };
        let folder = folder_of(&self.lock);
        let mut last = Error::other("its lock comes and goes");
        for _ in 0..LOOKS {
            match make_folder(folder, made).and_then(|()| self.look(made)) {
                Ok(Some(attempt)) => return Ok(attempt),
                Ok(None) => {}
                // Who had made the folder has removed it.
                Err(error) if error.kind() == ErrorKind::NotFound => last = error,
                Err(error) => return Err(failed(error)),
            }
            std::thread::yield_now();
        }
        Err(failed(last))
    }

    /// One look at the lock; nothing where it changed meanwhile.
    fn look(&self, made: &mut Vec<PathBuf>) -> Result<Option<Attempt>, Error> {
        if let Some(found) = Found::read(&self.lock)?
            && found.owner().life() == Life::Runs
        {
            return Ok(Some(Attempt::Theirs(found.owner())));
        }
        leftovers::sweep(folder_of(&self.lock));
        let mine = Prepared::beside(&self.lock)?;
        let now = mine.now;
        if let Some(lock) = mine.publish(&self.lock)? {
            return Ok(Some(self.ours(lock, made)));
        }
        let Some(found) = Found::read(&self.lock)? else {
            return Ok(None);
        };
        if let Some(owner) = found.holder(now) {
            return Ok(Some(Attempt::Theirs(owner)));
        }
        self.replace(&found, made)
    }

    /// Takes the place of a lock that was left behind.
    fn replace(&self, found: &Found, made: &mut Vec<PathBuf>) -> Result<Option<Attempt>, Error> {
        let mark = Fingerprint::of_bytes(&found.content);
        let mut name = self.lock.file_name().unwrap_or_default().to_os_string();
        name.push(format!("-{}", mark.short()));
        let second = Self {
            path: self.path.clone(),
            lock: self.lock.with_file_name(name),
        };
        let _second = match second.look(&mut Vec::new())? {
            Some(Attempt::Ours(second)) => second,
            other => return Ok(other),
        };
        let mine = Prepared::beside(&self.lock)?;
        // Only who holds the second lock replaces this content, so what is seen now stays until then.
        let still = Found::read(&self.lock)?.is_some_and(|there| {
            there.content == found.content && there.holder(mine.now).is_none()
        });
        if !still {
            return Ok(None);
        }
        let lock = mine.replace(&self.lock)?;
        Ok(Some(self.ours(lock, made)))
    }

    fn ours(&self, made: Made, folders: &mut Vec<PathBuf>) -> Attempt {
        let held = Held::new(self.lock.clone(), made, std::mem::take(folders));
        let held = held_locks::register(held);
        self.remove_seconds();
        Attempt::Ours(WorkLock {
            path: self.path.clone(),
            held,
        })
    }

    /// Removes second locks of processes that ended when they had replaced a lock, which nobody finds any more.
    fn remove_seconds(&self) {
        let name = self.lock.file_name().unwrap_or_default().to_string_lossy();
        let entries = std::fs::read_dir(folder_of(&self.lock))
            .into_iter()
            .flatten();
        for entry in entries.flatten() {
            let other = entry.file_name();
            let is_second = other.to_string_lossy().starts_with(&format!("{name}-"));
            if is_second
                && let Ok(Some(found)) = Found::read(&entry.path())
                && found.owner().life() == Life::Ended
            {
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }
}

impl WorkLock {
    /// The folder or file that is worked on.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Refuses to go on where another machine has taken the work over, since this process had shown no sign
    /// of life for long.
    ///
    /// # Errors
    /// [`CoreError::LockLost`].
    pub fn check(&self) -> Result<(), CoreError> {
        if self.held.is_ours() {
            return Ok(());
        }
        Err(CoreError::LockLost {
            path: self.path.clone(),
        })
    }
}

impl Drop for WorkLock {
    fn drop(&mut self) {
        held_locks::release(&self.held);
    }
}

/// Makes a folder and its parents, noting which were not there.
fn make_folder(folder: &Path, made: &mut Vec<PathBuf>) -> Result<(), Error> {
    let missing: Vec<&Path> = folder
        .ancestors()
        .take_while(|part| !part.as_os_str().is_empty() && !part.exists())
        .collect();
    for part in missing.into_iter().rev() {
        match std::fs::create_dir(part) {
            Ok(()) => made.push(part.to_path_buf()),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Removes folders that stayed empty, the innermost first.
pub(crate) fn remove_empty(made: &[PathBuf]) {
    for folder in made.iter().rev() {
        let _ = std::fs::remove_dir(folder);
    }
}

/// Whether a file of this name in a folder is its lock, or that of replacing it.
pub(crate) fn is_lock(name: &std::ffi::OsStr) -> bool {
    name.to_str().is_some_and(|name| name.starts_with(NAME))
}

#[cfg(test)]
#[path = "work_lock_tests.rs"]
mod tests;
