//! Files as memory, read from disk only where they are looked at.

use crate::CoreError;
use memmap2::Mmap;
use std::fs::File;
use std::ops::Deref;
use std::path::Path;

/// The bytes of a file. A file that is replaced by a rename, as [`crate::atomic`] does, stays what
/// it was for those who had it mapped.
#[derive(Debug)]
pub struct MappedFile(Mmap);

impl MappedFile {
    /// Maps a whole file.
    ///
    /// # Errors
    /// [`CoreError::Read`] naming the file.
    pub fn open(path: &Path) -> Result<Self, CoreError> {
        let failed = |source| CoreError::Read {
            path: path.to_path_buf(),
            source,
        };
        let file = File::open(path).map_err(failed)?;
        // SAFETY: the mapping is read-only, and what FineXL maps of its own is written by `atomic` alone,
        // which renames whole files into place and never changes one that is there. Files of others
        // (adapters that are looked into) are mapped as every tool for them does; who shortens one
        // meanwhile ends the program.
        #[allow(unsafe_code)]
        let map = unsafe { Mmap::map(&file) }.map_err(failed)?;
        Ok(Self(map))
    }
}

impl Deref for MappedFile {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_replaced_file_stays_what_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("numbers");
        crate::atomic::write(&path, b"before").unwrap();
        let mapped = MappedFile::open(&path).unwrap();
        crate::atomic::write(&path, b"behind it").unwrap();
        assert_eq!(&*mapped, b"before");
        assert_eq!(&*MappedFile::open(&path).unwrap(), b"behind it");
        assert!(MappedFile::open(&folder.path().join("absent")).is_err());
    }
}
