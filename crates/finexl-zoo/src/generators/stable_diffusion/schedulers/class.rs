//! Which scheduler.

use serde::{Deserialize, Serialize};

/// A class of schedulers of diffusers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SchedulerClass {
    /// Linear multistep of order 4 without Runge-Kutta steps at the start (Liu et al. 2022).
    Pndm,
    /// Without fresh noise (Song et al. 2021).
    Ddim,
    /// Euler's method in sigma (Karras et al. 2022).
    Euler,
    /// Euler's method with fresh noise at every step.
    EulerAncestral,
    /// DPM-Solver++ with two past estimates (Lu et al. 2022).
    #[serde(rename = "dpm-solver-pp-2m")]
    DpmSolverPp2M,
    /// Consistency in a few steps with fresh noise (Luo et al. 2023).
    Lcm,
}

impl SchedulerClass {
    /// All classes.
    pub const ALL: [Self; 6] = [
        Self::Pndm,
        Self::Ddim,
        Self::Euler,
        Self::EulerAncestral,
        Self::DpmSolverPp2M,
        Self::Lcm,
    ];

    /// The name that `--scheduler` takes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pndm => "pndm",
            Self::Ddim => "ddim",
            Self::Euler => "euler",
            Self::EulerAncestral => "euler-ancestral",
            Self::DpmSolverPp2M => "dpm-solver-pp-2m",
            Self::Lcm => "lcm",
        }
    }

    /// The name of the class in diffusers.
    pub fn diffusers(self) -> &'static str {
        match self {
            Self::Pndm => "PNDMScheduler",
            Self::Ddim => "DDIMScheduler",
            Self::Euler => "EulerDiscreteScheduler",
            Self::EulerAncestral => "EulerAncestralDiscreteScheduler",
            Self::DpmSolverPp2M => "DPMSolverMultistepScheduler",
            Self::Lcm => "LCMScheduler",
        }
    }

    /// By either name; real configs also name the classes of Flax.
    pub fn parse(name: &str) -> Option<Self> {
        let plain = name.strip_prefix("Flax").unwrap_or(name);
        Self::ALL
            .into_iter()
            .find(|class| class.name() == name || class.diffusers() == plain)
    }

    /// The names that are known, for messages.
    pub fn known() -> String {
        Self::ALL.map(Self::name).join(", ")
    }

    /// Whether what leaves nothing of the image at the last timestep is written as a large sigma.
    pub(super) fn speaks_of_sigmas(self) -> bool {
        matches!(
            self,
            Self::Euler | Self::EulerAncestral | Self::DpmSolverPp2M
        )
    }
}
