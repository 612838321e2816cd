//! The file of a lock: what it says, how it comes to be, and whether it was left behind.

use crate::atomic;
use crate::owner::{Life, Owner};
use crate::write_target::folder_of;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{Error, ErrorKind, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};
use tempfile::NamedTempFile;

/// A lock of another machine counts as left behind when it was not touched for so long.
pub(crate) const SILENCE: Duration = Duration::from_secs(120);

/// What a lock says.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Claim {
    pub owner: Owner,
    /// Tells claims of one process apart.
    pub number: u64,
    /// The same where the system does not tell processes apart: nanoseconds since 1970.
    pub at: u64,
}

/// A lock that was found.
pub(crate) struct Found {
    pub content: Vec<u8>,
    touched: SystemTime,
}

impl Claim {
    /// What the next lock of this process says.
    fn next() -> Vec<u8> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let at = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let claim = Self {
            owner: Owner::this().clone(),
            number: NUMBER.fetch_add(1, Ordering::Relaxed),
            at: at.map_or(0, |at| at.as_nanos() as u64),
        };
        // A record of plain fields always has a JSON form.
        let mut content = serde_json::to_vec(&claim).unwrap_or_default();
        content.push(b'\n');
        content
    }
}

impl Found {
    /// Reads a lock; nothing where there is none.
    pub fn read(lock: &Path) -> Result<Option<Self>, Error> {
        let read = || {
            Ok::<_, Error>(Self {
                content: std::fs::read(lock)?,
                touched: std::fs::metadata(lock)?.modified()?,
            })
        };
        match read() {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whom it names.
    pub fn owner(&self) -> Owner {
        let claim: Option<Claim> = serde_json::from_slice(&self.content).ok();
        claim.map_or_else(unknown, |claim| claim.owner)
    }

    /// Who is at work; nobody where the lock was left behind.
    pub fn holder(&self, now: SystemTime) -> Option<Owner> {
        let owner = self.owner();
        let silent = now.duration_since(self.touched).unwrap_or_default() > SILENCE;
        match owner.life() {
            Life::Runs => Some(owner),
            Life::Ended => None,
            Life::Unknown if silent => None,
            Life::Unknown => Some(owner),
        }
    }
}

/// Who holds a lock that cannot be read, or that is being written at this moment.
fn unknown() -> Owner {
    Owner {
        host: "another machine".to_string(),
        machine: String::new(),
        process: 0,
        began: 0,
    }
}

/// A lock that has no name yet.
pub(crate) struct Prepared {
    file: NamedTempFile,
    content: Vec<u8>,
    /// The time by the clock of the file system, which is the one that stands in locks.
    pub now: SystemTime,
}

/// A lock that was made: its open file and what it says.
pub(crate) type Made = (File, Vec<u8>);

impl Prepared {
    /// Beside the lock that it is to become.
    pub fn beside(lock: &Path) -> Result<Self, Error> {
        let content = Claim::next();
        let mut file = atomic::temporary(folder_of(lock))?;
        file.write_all(&content)?;
        file.as_file().sync_all()?;
        Ok(Self {
            now: file.as_file().metadata()?.modified()?,
            file,
            content,
        })
    }

    /// Gives it its name where there is no lock; nothing where there is one.
    pub fn publish(self, lock: &Path) -> Result<Option<Made>, Error> {
        let Self { file, content, .. } = self;
        let refused = match file.persist_noclobber(lock) {
            Ok(file) => return Ok(Some((file, content))),
            Err(refused) => refused,
        };
        match refused.error.kind() {
            ErrorKind::AlreadyExists => {
                // Over a network the answer to a first success may be lost and the second try fail.
                let ours = std::fs::read(lock).is_ok_and(|there| there == content);
                let file = ours.then(|| refused.file.reopen()).transpose()?;
                Ok(file.map(|file| (file, content)))
            }
            ErrorKind::NotFound => Err(refused.error),
            // A file system without links: the lock is empty for a moment, and is taken for held meanwhile.
            _ => match File::options().write(true).create_new(true).open(lock) {
                Ok(mut file) => {
                    file.write_all(&content)?;
                    file.sync_all()?;
                    Ok(Some((file, content)))
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(None),
                Err(error) => Err(error),
            },
        }
    }

    /// Puts it in the place of a lock.
    pub fn replace(self, lock: &Path) -> Result<Made, Error> {
        let file = self.file.persist(lock).map_err(|e| e.error)?;
        Ok((file, self.content))
    }
}
