//! How much memory the control groups of Linux leave to this program: those of a container, of a service and
//! of a job of a cluster, in both versions, one inside the other.
//!
//! Reference: `Documentation/admin-guide/cgroup-v2.rst` and `cgroup-v1/memory.rst` of Linux,
//! `proc_pid_mountinfo(5)`.

use std::path::{Component, Path, PathBuf};

/// What the files of a version are called.
struct Names {
    /// What counts memory in version 1; in version 2 all controllers share one hierarchy.
    controller: Option<&'static str>,
    /// Hard limit, and the one from which on a program is slowed down until it is of no use.
    limits: &'static [&'static str],
    used: &'static str,
    /// Entries of `memory.stat`, nested groups included, that are given back when memory is short: page cache
    /// (without what lies in memory file systems) and caches of the kernel.
    given_back: &'static [&'static str],
}

const VERSION_1: Names = Names {
    controller: Some("memory"),
    limits: &["memory.limit_in_bytes"],
    used: "memory.usage_in_bytes",
    given_back: &["total_inactive_file", "total_active_file"],
};
const VERSION_2: Names = Names {
    controller: None,
    limits: &["memory.max", "memory.high"],
    used: "memory.current",
    given_back: &["inactive_file", "active_file", "slab_reclaimable"],
};

/// A hierarchy of groups as it is mounted.
struct Mounted {
    names: &'static Names,
    /// The group that is mounted, as `/proc/self/cgroup` would call it.
    root: String,
    /// Where.
    place: PathBuf,
}

/// Bytes that the tightest of all groups this program is in leaves; nothing where none has a limit.
/// `process` is `/proc/self`.
pub(crate) fn left(process: &Path) -> Option<u64> {
    let read = |name| std::fs::read_to_string(process.join(name)).ok();
    let (mounts, groups) = (read("mountinfo")?, read("cgroup")?);
    let mounted = mounts.lines().filter_map(mounted);
    mounted
        .filter_map(|mounted| {
            let group = groups.lines().find_map(|line| group(line, mounted.names))?;
            tightest(&mounted, group)
        })
        .min()
}

/// The least that a group and those around it leave.
fn tightest(mounted: &Mounted, group: &str) -> Option<u64> {
    let inside = inside(&mounted.root, group);
    let folder = mounted.place.join(inside);
    folder
        .ancestors()
        .take_while(|folder| folder.starts_with(&mounted.place))
        .filter_map(|folder| left_by(folder, mounted.names))
        .min()
}

/// A group's path below what is mounted. What lies elsewhere (of other namespaces) cannot be seen, so there
/// only the mounted group itself counts.
fn inside<'a>(root: &str, group: &'a str) -> &'a Path {
    let below = match root {
        "/" => Some(group),
        root => group
            .strip_prefix(root)
            .filter(|rest| rest.is_empty() || rest.starts_with('/')),
    };
    let below = Path::new(below.unwrap_or_default().trim_start_matches('/'));
    let plain = below
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    if plain { below } else { Path::new("") }
}

/// What one group leaves, without its page cache, which makes room by itself.
fn left_by(folder: &Path, names: &Names) -> Option<u64> {
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).ok();
    // "max" where there is no limit.
    let number = |name: &&str| read(name)?.trim().parse::<u64>().ok();
    let limit = names.limits.iter().filter_map(number).min()?;
    let used = number(&names.used)?;
    let stat = read("memory.stat").unwrap_or_default();
    let given_back: u64 = stat
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(name, _)| names.given_back.contains(name))
        .filter_map(|(_, value)| value.trim().parse::<u64>().ok())
        .fold(0, u64::saturating_add);
    Some(limit.saturating_sub(used.saturating_sub(given_back)))
}

/// The group of a line of `/proc/self/cgroup`, if it is of a version: `0::/GROUP`, or
/// `NUMBER:CONTROLLERS:/GROUP` in version 1.
fn group<'a>(line: &'a str, names: &Names) -> Option<&'a str> {
    let (number, rest) = line.split_once(':')?;
    let (controllers, group) = rest.split_once(':')?;
    let is_of = match names.controller {
        None => number == "0" && controllers.is_empty(),
        Some(controller) => controllers.split(',').any(|name| name == controller),
    };
    is_of.then_some(group)
}

/// The hierarchy of a line of `/proc/self/mountinfo`, if it counts memory.
fn mounted(line: &str) -> Option<Mounted> {
    let (before, after) = line.split_once(" - ")?;
    let mut before = before.split(' ').skip(3);
    let (root, place) = (before.next()?, before.next()?);
    let mut after = after.split(' ');
    let (kind, options) = (after.next()?, after.nth(1)?);
    let names = match kind {
        "cgroup2" => &VERSION_2,
        "cgroup" if options.split(',').any(|option| option == "memory") => &VERSION_1,
        _ => return None,
    };
    Some(Mounted {
        names,
        root: unescaped(root),
        place: PathBuf::from(unescaped(place)),
    })
}

/// Spaces and the like stand as `\040` in the list of mounts.
fn unescaped(text: &str) -> String {
    let mut pieces = text.split('\\');
    let mut plain = pieces.next().unwrap_or_default().to_string();
    for piece in pieces {
        let code = piece
            .get(..3)
            .and_then(|code| u8::from_str_radix(code, 8).ok());
        match code {
            Some(code) => {
                plain.push(char::from(code));
                plain.push_str(&piece[3..]);
            }
            None => {
                plain.push('\\');
                plain.push_str(piece);
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A made-up `/proc/self` and hierarchies beside it.
    struct Tree(tempfile::TempDir);

    impl Tree {
        /// With what the two files say; `HERE` stands for the folder of the tree.
        fn new(mountinfo: &str, cgroup: &str) -> Self {
            let tree = Self(tempfile::tempdir().unwrap());
            let here = tree.0.path().display().to_string();
            tree.write("self/mountinfo", &mountinfo.replace("HERE", &here));
            tree.write("self/cgroup", cgroup);
            tree
        }

        fn write(&self, name: &str, text: &str) {
            let path = self.0.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }

        /// A group of version 2.
        fn group(&self, name: &str, max: &str, current: u64, stat: &str) {
            self.write(&format!("{name}/memory.max"), &format!("{max}\n"));
            self.write(&format!("{name}/memory.current"), &format!("{current}\n"));
            self.write(&format!("{name}/memory.stat"), stat);
        }

        fn left(&self) -> Option<u64> {
            left(&self.0.path().join("self"))
        }
    }

    const UNIFIED: &str = "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n\
        30 22 0:26 / HERE/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";

    #[test]
    fn the_tightest_of_nested_groups_counts() {
        let tree = Tree::new(UNIFIED, "0::/user.slice/job 1/step\n");
        tree.group("cgroup/user.slice", "9000", 5000, "");
        tree.group(
            "cgroup/user.slice/job 1",
            "3000",
            2500,
            "anon 1\ninactive_file 1000\nactive_file 200\n",
        );
        tree.group("cgroup/user.slice/job 1/step", "max", 2500, "");
        // 3000 - (2500 - 1200): what is only cached is free.
        assert_eq!(tree.left(), Some(1700));
        tree.write("cgroup/user.slice/job 1/step/memory.high", "2600\n");
        assert_eq!(tree.left(), Some(100));
    }

    #[test]
    fn a_container_with_its_own_namespace_sees_its_group_as_root() {
        let tree = Tree::new(UNIFIED, "0::/\n");
        assert_eq!(tree.left(), None);
        tree.group("cgroup", "1000", 400, "inactive_file 900\n");
        assert_eq!(tree.left(), Some(1000));
        // Moved out of the namespace, a group is called by a way up: only the root can be seen.
        tree.write("self/cgroup", "0::/../../other\n");
        assert_eq!(tree.left(), Some(1000));
    }

    #[test]
    fn version_1_is_read_also_where_a_part_of_it_is_mounted() {
        let tree = Tree::new(
            "40 1 0:30 /docker/abc HERE/memory\\040v1 ro - cgroup cgroup rw,memory\n\
             41 1 0:31 /docker/abc HERE/cpu ro - cgroup cgroup rw,cpu,cpuacct\n\
             42 1 0:32 / HERE/unified rw - cgroup2 cgroup2 rw\n",
            "11:cpu,cpuacct:/docker/abc\n9:memory:/docker/abc/inner\n0::/docker/abc\n",
        );
        let folder = "memory v1";
        tree.write(&format!("{folder}/memory.limit_in_bytes"), "5000\n");
        tree.write(&format!("{folder}/memory.usage_in_bytes"), "4000\n");
        tree.write(
            &format!("{folder}/memory.stat"),
            "total_inactive_file 700\n",
        );
        assert_eq!(tree.left(), Some(1700));
        tree.write(
            &format!("{folder}/inner/memory.limit_in_bytes"),
            "9223372036854771712\n",
        );
        tree.write(&format!("{folder}/inner/memory.usage_in_bytes"), "100\n");
        assert_eq!(tree.left(), Some(1700));
    }

    #[test]
    fn nonsense_is_no_limit() {
        for (mounts, groups) in [
            ("", ""),
            ("x - y", "0::"),
            ("1 2 3 / HERE/c rw - cgroup2", "0::/"),
            (UNIFIED, "no colon\n1:\n"),
        ] {
            assert_eq!(Tree::new(mounts, groups).left(), None);
        }
        let tree = Tree::new(UNIFIED, "0::/a\n");
        tree.group("cgroup/a", "-3", 1, "inactive_file x\n\n");
        assert_eq!(tree.left(), None);
        tree.group(
            "cgroup/a",
            "10",
            900,
            "inactive_file 18446744073709551615\nactive_file 9\n",
        );
        assert_eq!(tree.left(), Some(10));
        assert_eq!(unescaped("a\\040b\\x\\09"), "a b\\x\\09");
    }
}
