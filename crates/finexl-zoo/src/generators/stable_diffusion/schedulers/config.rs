//! What a scheduler is set to.

use super::class::SchedulerClass;
use super::schedule::Schedule;
use crate::ZooError;
use crate::sampling::Prediction;
use serde::{Deserialize, Serialize};

/// How the betas of the training grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BetaSchedule {
    /// At equal distances.
    Linear,
    /// Squares of numbers at equal distances.
    ScaledLinear,
    /// From a squared cosine of what is left of the image, at most 0.999 (Nichol and Dhariwal 2021).
    SquaredCosine,
}

/// Which of the training's timesteps are sampled; table 2 of Lin et al. 2024 (Common Diffusion Noise Schedules and
/// Sample Steps are Flawed).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Spacing {
    /// Multiples of a whole number plus an offset.
    Leading,
    /// Counted down from the last timestep, rounded.
    Trailing,
    /// At equal distances from the first timestep to the last.
    Linspace,
}

impl Spacing {
    /// By its name in configs and on the command line.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "leading" => Some(Self::Leading),
            "trailing" => Some(Self::Trailing),
            "linspace" => Some(Self::Linspace),
            _ => None,
        }
    }

    /// Its name in configs and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Leading => "leading",
            Self::Trailing => "trailing",
            Self::Linspace => "linspace",
        }
    }
}

/// The sigma that is left in the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FinalSigma {
    /// None.
    Zero,
    /// That of the first timestep of the training.
    Min,
}

/// How DPM-Solver++ uses its past estimate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SolverType {
    /// At the middle of the step.
    Midpoint,
    /// At both ends.
    Heun,
}

/// A scheduler of diffusers with everything that its result depends on. What a class does not know keeps the value
/// that stands for nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SchedulerConfig {
    /// Which one.
    pub class: SchedulerClass,
    /// Timesteps of the training, at least 2.
    pub train_timesteps: usize,
    /// The variance that the first timestep adds.
    pub beta_start: f64,
    /// The variance that the last timestep adds.
    pub beta_end: f64,
    /// How it grows between them.
    pub beta_schedule: BetaSchedule,
    /// Betas are rescaled so that nothing is left of the image at the last timestep (Lin et al. 2024).
    pub zero_snr: bool,
    /// What the network predicts.
    pub prediction: Prediction,
    /// Which timesteps.
    pub spacing: Spacing,
    /// Added to leading timesteps.
    pub offset: usize,
    /// After the last step nothing is left of the noise; else the noise of the first timestep (PNDM, DDIM, LCM).
    pub alpha_to_one: bool,
    /// Bound of estimates of the image, if any (DDIM, LCM).
    pub clip: Option<f64>,
    /// Sigmas as in equation 5 of Karras et al. 2022 (Euler, DPM-Solver++).
    pub karras: bool,
    /// Their least, else that of the schedule.
    pub sigma_min: Option<f64>,
    /// Their largest, else that of the schedule.
    pub sigma_max: Option<f64>,
    /// What is left in the result (Euler, DPM-Solver++).
    pub final_sigma: FinalSigma,
    /// 1 or 2 (DPM-Solver++).
    pub order: usize,
    /// How the past estimate is used (DPM-Solver++).
    pub solver: SolverType,
    /// First order in the last of fewer than 15 steps (DPM-Solver++).
    pub lower_order_final: bool,
    /// First order in the last step (DPM-Solver++).
    pub euler_at_final: bool,
    /// Steps of the training's teacher, of which those sampled are a subset (LCM).
    pub original_steps: usize,
    /// What timesteps are multiplied by in the boundary condition (LCM).
    pub timestep_scaling: f64,
}

impl SchedulerConfig {
    /// What diffusers takes where a config says nothing.
    pub fn of_class(class: SchedulerClass) -> Self {
        use SchedulerClass as C;
        let lcm = class == C::Lcm;
        Self {
            class,
            train_timesteps: 1000,
            beta_start: if lcm { 0.00085 } else { 0.0001 },
            beta_end: if lcm { 0.012 } else { 0.02 },
            beta_schedule: match lcm {
                true => BetaSchedule::ScaledLinear,
                false => BetaSchedule::Linear,
            },
            zero_snr: false,
            prediction: Prediction::Noise,
            spacing: match class {
                C::Pndm | C::Ddim | C::Lcm => Spacing::Leading,
                C::Euler | C::EulerAncestral | C::DpmSolverPp2M => Spacing::Linspace,
            },
            offset: 0,
            alpha_to_one: class != C::Pndm,
            clip: (class == C::Ddim).then_some(1.0),
            karras: false,
            sigma_min: None,
            sigma_max: None,
            final_sigma: FinalSigma::Zero,
            order: 2,
            solver: SolverType::Midpoint,
            lower_order_final: true,
            euler_at_final: false,
            original_steps: 50,
            timestep_scaling: 10.0,
        }
    }

    /// What Stable Diffusion 1 and 2 were published with; for files that hold no config.
    pub fn of_stable_diffusion(prediction: Prediction) -> Self {
        let class = match prediction {
            Prediction::V => SchedulerClass::Ddim,
            _ => SchedulerClass::Pndm,
        };
        Self {
            beta_start: 0.00085,
            beta_end: 0.012,
            beta_schedule: BetaSchedule::ScaledLinear,
            prediction,
            offset: 1,
            alpha_to_one: false,
            clip: None,
            ..Self::of_class(class)
        }
    }

    /// What Stable Diffusion XL was published with.
    pub fn of_stable_diffusion_xl(prediction: Prediction) -> Self {
        Self {
            beta_start: 0.00085,
            beta_end: 0.012,
            beta_schedule: BetaSchedule::ScaledLinear,
            prediction,
            offset: 1,
            spacing: Spacing::Leading,
            ..Self::of_class(SchedulerClass::Euler)
        }
    }

    /// Another class with what both know of betas, offset, spacing and prediction.
    pub fn with_class(&self, class: SchedulerClass) -> Self {
        Self {
            beta_start: self.beta_start,
            beta_end: self.beta_end,
            beta_schedule: self.beta_schedule,
            train_timesteps: self.train_timesteps,
            zero_snr: self.zero_snr && class != SchedulerClass::Pndm,
            prediction: self.prediction,
            offset: self.offset,
            alpha_to_one: match class {
                SchedulerClass::Pndm | SchedulerClass::Ddim => self.alpha_to_one,
                _ => true,
            },
            clip: None,
            ..Self::of_class(class)
        }
    }

    /// The same scheduler for a network that predicts something else.
    pub fn with_prediction(mut self, prediction: Prediction) -> Self {
        self.prediction = prediction;
        self
    }

    /// The schedule of so many steps.
    ///
    /// # Errors
    /// [`ZooError::Config`] for a number of steps that it cannot take, or settings outside their range.
    pub fn schedule(&self, steps: usize) -> Result<Schedule, ZooError> {
        Schedule::new(self, steps)
    }
}
