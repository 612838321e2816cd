#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use crate::lock_file::{Claim, SILENCE};
use std::fs::File;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

/// A process of this machine that ended long ago.
fn ended() -> Owner {
    Owner {
        began: 1,
        ..Owner::this().clone()
    }
}

fn elsewhere() -> Owner {
    Owner {
        host: "far".to_string(),
        machine: "other".to_string(),
        process: 7,
        began: 9,
    }
}

fn leave(folder: &Path, owner: Owner) -> PathBuf {
    leave_at(&folder.join(NAME), owner)
}

fn leave_at(lock: &Path, owner: Owner) -> PathBuf {
    let claim = Claim {
        owner,
        number: 0,
        at: 0,
    };
    std::fs::write(lock, serde_json::to_vec(&claim).unwrap()).unwrap();
    lock.to_path_buf()
}

fn age(lock: &Path, by: Duration) {
    let file = File::options().write(true).open(lock).unwrap();
    file.set_modified(SystemTime::now() - by).unwrap();
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect()
}

#[test]
fn work_is_done_by_one_and_free_afterwards() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("runs/a");
    let place = WorkPlace::folder(&folder);
    let lock = place.claim().unwrap();
    lock.check().unwrap();
    let message = place.claim().unwrap_err().to_string();
    let this = std::process::id().to_string();
    for word in ["runs/a", &this, &Owner::this().host] {
        assert!(message.contains(word), "{word}: {message}");
    }
    // Another folder is another work, and so is a file.
    let file = WorkPlace::file(folder.join("x.json")).claim().unwrap();
    drop(WorkPlace::folder(root.path().join("b")).claim().unwrap());
    drop((file, lock));
    // Folders that were made for the lock alone go with it.
    assert!(names(root.path()).is_empty());
    std::fs::create_dir_all(&folder).unwrap();
    drop(place.claim().unwrap());
    assert!(names(&folder).is_empty());
}

#[test]
fn a_lock_of_a_process_that_ended_is_replaced_at_once() {
    let root = tempfile::tempdir().unwrap();
    leave(root.path(), ended());
    let lock = WorkPlace::folder(root.path()).claim().unwrap();
    assert_eq!(names(root.path()), [NAME]);
    drop(lock);
    assert!(names(root.path()).is_empty());
}

#[test]
fn a_lock_of_another_machine_is_replaced_when_it_is_silent() {
    let root = tempfile::tempdir().unwrap();
    let lock = leave(root.path(), elsewhere());
    let place = WorkPlace::folder(root.path());
    let message = place.claim().unwrap_err().to_string();
    assert!(message.contains("process 7 on far"), "{message}");
    age(&lock, SILENCE / 2);
    assert!(place.claim().is_err());
    age(&lock, SILENCE * 2);
    drop(place.claim().unwrap());
    assert!(names(root.path()).is_empty());
}

#[test]
fn a_lock_that_says_nothing_is_one_of_another_machine() {
    for content in ["", "{", "{\"owner\": 1}"] {
        let root = tempfile::tempdir().unwrap();
        let lock = root.path().join(NAME);
        std::fs::write(&lock, content).unwrap();
        let place = WorkPlace::folder(root.path());
        assert!(matches!(place.attempt().unwrap(), Attempt::Theirs(_)));
        age(&lock, SILENCE * 2);
        drop(place.claim().unwrap());
    }
}

#[test]
fn who_was_killed_while_it_replaced_a_lock_is_replaced_too() {
    let root = tempfile::tempdir().unwrap();
    let lock = leave(root.path(), ended());
    let mark = Fingerprint::of_bytes(&std::fs::read(&lock).unwrap());
    let second = root.path().join(format!("{NAME}-{}", mark.short()));
    leave_at(&second, ended());
    let place = WorkPlace::folder(root.path());
    let held = place.claim().unwrap();
    assert_eq!(names(root.path()), [NAME]);
    drop(held);
    // One that was killed when it had replaced it leaves a second lock that nobody finds.
    leave_at(&second, ended());
    let held = place.claim().unwrap();
    assert_eq!(names(root.path()), [NAME]);
    drop(held);
    // Where the one that replaces it still runs, it is at work.
    leave(root.path(), ended());
    leave_at(&second, Owner::this().clone());
    assert!(place.claim().is_err());
}

#[test]
fn a_lock_that_was_taken_over_is_lost_and_left_alone() {
    let root = tempfile::tempdir().unwrap();
    let lock = WorkPlace::folder(root.path()).claim().unwrap();
    let path = leave(root.path(), elsewhere());
    let theirs = std::fs::read(&path).unwrap();
    assert!(matches!(lock.check(), Err(CoreError::LockLost { .. })));
    drop(lock);
    assert_eq!(std::fs::read(&path).unwrap(), theirs);
}

/// Many threads, each as good as a process: all find the same lock that was left behind.
#[test]
fn of_many_that_find_a_lock_left_behind_one_is_at_work_at_a_time() {
    const ROUNDS: usize = 40;
    const WORKERS: usize = 8;
    let root = tempfile::tempdir().unwrap();
    let place = WorkPlace::folder(root.path());
    for _ in 0..ROUNDS {
        leave(root.path(), ended());
        let inside = AtomicUsize::new(0);
        let done = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..WORKERS {
                scope.spawn(|| {
                    let lock = place.wait().unwrap();
                    assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                    std::thread::yield_now();
                    assert_eq!(inside.fetch_sub(1, Ordering::SeqCst), 1);
                    lock.check().unwrap();
                    done.fetch_add(1, Ordering::SeqCst);
                });
            }
        });
        assert_eq!(done.load(Ordering::SeqCst), WORKERS);
        assert!(names(root.path()).is_empty(), "{:?}", names(root.path()));
    }
}
