//! Which process something belongs to, and whether that process still runs.

use crate::fingerprint::Fingerprint;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io::ErrorKind;
use std::sync::OnceLock;

/// Digits of the fingerprint that stands for a machine.
const MACHINE_DIGITS: usize = 12;
/// Place of the time of start among the fields of `/proc/PID/stat` that follow the name of the program.
const START_FIELD: usize = 19;

/// A process, told apart from every other one, later ones with its number included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Owner {
    /// Name of its machine, for people.
    pub host: String,
    /// Its machine since the last start of that, and the space that its number belongs to: numbers of
    /// processes can be compared only within one. Empty where the system does not say.
    pub machine: String,
    /// Its number.
    pub process: u32,
    /// When it began, in ticks since the machine started.
    pub began: u64,
}

/// What can be known of a process from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// It runs.
    Runs,
    /// It does not, and never will.
    Ended,
    /// It belongs to another machine, or the system does not show it.
    Unknown,
}

impl Owner {
    /// This process.
    pub fn this() -> &'static Self {
        static THIS: OnceLock<Owner> = OnceLock::new();
        THIS.get_or_init(|| {
            let process = std::process::id();
            let began = match start_of(process) {
                Start::At(began) => began,
                Start::Gone | Start::Hidden => 0,
            };
            Self {
                host: host(),
                machine: machine().unwrap_or_default(),
                process,
                began,
            }
        })
    }

    /// Whether the process still runs. One that is stopped (SIGSTOP) runs; one that has been killed and not
    /// yet been waited for does not.
    pub fn life(&self) -> Life {
        if self == Self::this() {
            return Life::Runs;
        }
        if self.machine.is_empty() || self.machine != Self::this().machine {
            return Life::Unknown;
        }
        match start_of(self.process) {
            Start::At(began) if began == self.began => Life::Runs,
            Start::At(_) => Life::Ended,
            // A system that hides other users' processes hides the first one too.
            Start::Gone if matches!(start_of(1), Start::At(_)) => Life::Ended,
            Start::Gone | Start::Hidden => Life::Unknown,
        }
    }

    /// The process as part of a file's name; read back by [`Owner::of_token`].
    pub fn token(&self) -> String {
        let machine = match self.machine.as_str() {
            "" => "unknown",
            machine => machine,
        };
        format!("{machine}-{}-{}", self.process, self.began)
    }

    /// The process that a part of a file's name stands for; its host is not known.
    pub fn of_token(token: &str) -> Option<Self> {
        let mut parts = token.split('-');
        let (machine, process, began) = (parts.next()?, parts.next()?, parts.next()?);
        let owner = Self {
            host: String::new(),
            machine: match machine {
                "unknown" => String::new(),
                machine => machine.to_string(),
            },
            process: process.parse().ok()?,
            began: began.parse().ok()?,
        };
        let this = Self::this();
        let is_this = owner.machine == this.machine
            && (owner.process, owner.began) == (this.process, this.began);
        match (parts.next(), is_this) {
            (Some(_), _) => None,
            (None, true) => Some(this.clone()),
            (None, false) => Some(owner),
        }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} on {}", self.process, self.host)
    }
}

enum Start {
    At(u64),
    Gone,
    Hidden,
}

/// When a process began, in ticks; of one that has ended but was not waited for nothing.
fn start_of(process: u32) -> Start {
    let text = match std::fs::read_to_string(format!("/proc/{process}/stat")) {
        Ok(text) => text,
        // ESRCH comes where it ends while it is read.
        Err(error) if error.kind() == ErrorKind::NotFound || error.raw_os_error() == Some(3) => {
            return Start::Gone;
        }
        Err(_) => return Start::Hidden,
    };
    // The name in parentheses may hold anything, parentheses too.
    let Some((_, fields)) = text.rsplit_once(')') else {
        return Start::Hidden;
    };
    let fields: Vec<&str> = fields.split_whitespace().collect();
    match fields.first() {
        Some(&("Z" | "X" | "x")) => return Start::Gone,
        Some(_) => {}
        None => return Start::Hidden,
    }
    match fields.get(START_FIELD).and_then(|field| field.parse().ok()) {
        Some(began) => Start::At(began),
        None => Start::Hidden,
    }
}

fn host() -> String {
    let kernel = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let variable = |name: &str| std::env::var(name).ok();
    kernel
        .or_else(|| variable("HOSTNAME"))
        .or_else(|| variable("COMPUTERNAME"))
        .map(|name| name.trim().to_string())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "a machine without a name".to_string())
}

/// Name, start and process space of this machine as one word; nothing where the system does not say.
fn machine() -> Option<String> {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let space = std::fs::read_link("/proc/self/ns/pid").ok()?;
    let key = Fingerprint::of("machine")
        .text("host", &host())
        .text("boot", boot.trim())
        .text("space", &space.to_string_lossy())
        .finish();
    Some(key.as_str()[..MACHINE_DIGITS].to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn this_process_runs_and_reads_back_from_its_token() {
        let this = Owner::this();
        assert_eq!(this.life(), Life::Runs);
        assert_eq!(Owner::of_token(&this.token()).unwrap(), *this);
        for wrong in ["", "a", "a-1", "a-b-c", "a-1-2-3", "a-1-x"] {
            assert!(Owner::of_token(wrong).is_none(), "{wrong}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_that_ended_is_known_before_and_after_it_is_waited_for() {
        let mut child = std::process::Command::new("sleep")
            .arg("100")
            .spawn()
            .unwrap();
        let Start::At(began) = start_of(child.id()) else {
            unreachable!("a child that runs has a start")
        };
        let owner = Owner {
            process: child.id(),
            began,
            ..Owner::this().clone()
        };
        assert_eq!(owner.life(), Life::Runs);
        let earlier = Owner {
            began: began - 1,
            ..owner.clone()
        };
        assert_eq!(earlier.life(), Life::Ended);
        child.kill().unwrap();
        while owner.life() == Life::Runs {
            std::thread::yield_now();
        }
        assert_eq!(owner.life(), Life::Ended);
        child.wait().unwrap();
        assert_eq!(owner.life(), Life::Ended);
    }

    #[test]
    fn of_another_machine_nothing_is_known() {
        for machine in ["", "other"] {
            let owner = Owner {
                machine: machine.to_string(),
                process: u32::MAX,
                ..Owner::this().clone()
            };
            assert_eq!(owner.life(), Life::Unknown);
        }
    }
}
