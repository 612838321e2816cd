#![allow(clippy::unwrap_used)]

use super::*;

#[test]
fn a_failed_write_leaves_the_old_content_and_no_litter() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    write(&path, b"old").unwrap();
    let result = write_with(&path, |file| {
        file.write_all(b"half")?;
        Err(std::io::Error::other("stop"))
    });
    assert!(result.is_err());
    assert_eq!(std::fs::read(&path).unwrap(), b"old");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_missing_folder_is_an_error_that_names_the_file() {
    for refused in [
        write("no-such-folder/a.json", b"x"),
        check("no-such-folder/a.json"),
    ] {
        let error = refused.unwrap_err().to_string();
        assert!(error.contains("no-such-folder/a.json"), "{error}");
        assert!(!error.contains("finexl-partial"), "{error}");
    }
}

#[test]
fn a_folder_in_place_of_a_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("results");
    std::fs::create_dir(&path).unwrap();
    for refused in [write(&path, b"x"), check(&path)] {
        let error = refused.unwrap_err().to_string();
        assert!(error.contains("directory"), "{error}");
    }
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
    use std::path::PathBuf;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().mode() & 0o777
    }

    fn set_mode(path: &Path, mode: u32) {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_link_stays_and_what_is_behind_it_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name);
        std::fs::create_dir(place("far")).unwrap();
        symlink("far/real.json", place("near.json")).unwrap();
        symlink("near.json", place("chain.json")).unwrap();
        // At first nothing is behind it.
        check(place("chain.json")).unwrap();
        for content in [b"one", b"two"] {
            write(place("chain.json"), content).unwrap();
            assert_eq!(std::fs::read(place("far/real.json")).unwrap(), content);
            for link in ["near.json", "chain.json"] {
                assert!(std::fs::symlink_metadata(place(link)).unwrap().is_symlink());
            }
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3);
        symlink("b.json", place("a.json")).unwrap();
        symlink("a.json", place("b.json")).unwrap();
        assert!(write(place("a.json"), b"x").is_err());
        symlink("missing/c.json", place("c.json")).unwrap();
        let error = write(place("c.json"), b"x").unwrap_err().to_string();
        assert!(error.contains("c.json"), "{error}");
    }

    #[test]
    fn a_file_keeps_its_permissions_and_a_new_one_has_those_of_any_new_file() {
        let folder = tempfile::tempdir().unwrap();
        let plain = folder.path().join("plain");
        std::fs::write(&plain, "x").unwrap();
        let path = folder.path().join("a.json");
        write(&path, b"x").unwrap();
        assert_eq!(mode(&path), mode(&plain));
        for kept in [0o600, 0o640, 0o664, 0o755] {
            set_mode(&path, kept);
            write(&path, b"y").unwrap();
            assert_eq!(mode(&path), kept);
        }
    }

    #[test]
    fn a_read_only_file_is_refused_and_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        std::fs::write(&path, "mine").unwrap();
        set_mode(&path, 0o444);
        for refused in [write(&path, b"x"), check(&path)] {
            let error = refused.unwrap_err().to_string();
            assert!(error.contains("permission denied"), "{error}");
        }
        assert_eq!(std::fs::read(&path).unwrap(), b"mine");
    }

    #[test]
    fn devices_and_pipes_are_written_into() {
        use std::os::unix::fs::FileTypeExt;
        let null = PathBuf::from("/dev/null");
        check(&null).unwrap();
        write(&null, b"x").unwrap();
        let kind = std::fs::metadata(&null).unwrap().file_type();
        assert!(kind.is_char_device());
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        check(&pipe).unwrap();
        let reading = std::thread::spawn({
            let pipe = pipe.clone();
            move || std::fs::read(pipe).unwrap()
        });
        write(&pipe, b"through").unwrap();
        assert_eq!(reading.join().unwrap(), b"through");
        assert!(std::fs::metadata(&pipe).unwrap().file_type().is_fifo());
        let link = folder.path().join("link");
        symlink("/dev/null", &link).unwrap();
        write(&link, b"x").unwrap();
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_open_descriptor_is_written_into_and_a_full_device_is_an_error() {
        use std::os::fd::AsRawFd;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let file = std::fs::File::create(&path).unwrap();
        (&file).write_all(b"before ").unwrap();
        let descriptor = format!("/dev/fd/{}", file.as_raw_fd());
        write(&descriptor, b"after").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"before after");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        let error = write("/dev/full", b"x").unwrap_err();
        assert!(error.to_string().contains("/dev/full"), "{error}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_a_killed_write_left_is_removed_at_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let ours = crate::leftovers::prefix();
        let (head, _) = ours.rsplit_once('-').unwrap();
        // This process's number, but an earlier start.
        let dead = folder.path().join(format!("{head}-1.abc"));
        std::fs::write(&dead, "half").unwrap();
        write(folder.path().join("a.json"), b"x").unwrap();
        assert!(!dead.exists());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
