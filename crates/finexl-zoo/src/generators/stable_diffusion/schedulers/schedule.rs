//! A scheduler for a number of steps.

use super::class::SchedulerClass;
use super::config::SchedulerConfig;
use super::ddim::Ddim;
use super::dpm_solver::DpmSolver;
use super::euler::Euler;
use super::lcm::Lcm;
use super::pndm::Pndm;
use crate::ZooError;
use crate::sampling::Prediction;
use burn::tensor::Tensor;

/// A call of the network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Call {
    /// The timestep it is told.
    pub timestep: f64,
    /// What latents are multiplied by before it sees them.
    pub input_scale: f64,
}

/// Standard normal noise of the shape of the latents for a call, counted from 0.
pub type FreshNoise<'a, const D: usize> = dyn FnMut(usize) -> Tensor<D> + 'a;

/// The calls of the network and what is done with what it predicts.
#[derive(Clone, Debug)]
pub struct Schedule {
    calls: Vec<Call>,
    start: f64,
    solver: Solver,
}

#[derive(Clone, Debug)]
enum Solver {
    Pndm(Pndm),
    Ddim(Ddim),
    Euler(Euler),
    DpmSolver(DpmSolver),
    Lcm(Lcm),
}

impl Schedule {
    pub(super) fn new(config: &SchedulerConfig, steps: usize) -> Result<Self, ZooError> {
        let most = config.train_timesteps;
        if steps == 0 || steps > most {
            return Err(ZooError::Config(format!(
                "the scheduler {} takes 1 to {most} steps, not {steps}",
                config.class.name()
            )));
        }
        check_prediction(config)?;
        let plain = |timesteps: Vec<i64>| {
            let call = |timestep: i64| Call {
                timestep: timestep as f64,
                input_scale: 1.0,
            };
            timesteps.into_iter().map(call).collect()
        };
        Ok(match config.class {
            SchedulerClass::Pndm => {
                let (timesteps, solver) = Pndm::new(config, steps)?;
                Self {
                    calls: plain(timesteps),
                    start: 1.0,
                    solver: Solver::Pndm(solver),
                }
            }
            SchedulerClass::Ddim => {
                let (timesteps, solver) = Ddim::new(config, steps)?;
                Self {
                    calls: plain(timesteps),
                    start: 1.0,
                    solver: Solver::Ddim(solver),
                }
            }
            SchedulerClass::Euler | SchedulerClass::EulerAncestral => {
                let (calls, solver) = Euler::new(config, steps)?;
                Self {
                    calls,
                    start: solver.start(config.spacing),
                    solver: Solver::Euler(solver),
                }
            }
            SchedulerClass::DpmSolverPp2M => {
                let (timesteps, solver) = DpmSolver::new(config, steps)?;
                Self {
                    calls: plain(timesteps),
                    start: 1.0,
                    solver: Solver::DpmSolver(solver),
                }
            }
            SchedulerClass::Lcm => {
                let (timesteps, solver) = Lcm::new(config, steps)?;
                Self {
                    calls: plain(timesteps),
                    start: 1.0,
                    solver: Solver::Lcm(solver),
                }
            }
        })
    }

    /// What the network is called with, in order; PNDM calls it once more than it has steps.
    pub fn calls(&self) -> &[Call] {
        &self.calls
    }

    /// What standard normal noise is multiplied by before the first call.
    pub fn start(&self) -> f64 {
        self.start
    }

    /// Sigmas, one more than calls, of schedulers that have them.
    pub fn sigmas(&self) -> Option<&[f32]> {
        match &self.solver {
            Solver::Euler(euler) => Some(euler.sigmas()),
            Solver::DpmSolver(solver) => Some(solver.sigmas()),
            Solver::Pndm(_) | Solver::Ddim(_) | Solver::Lcm(_) => None,
        }
    }

    /// The way along it, from its first call.
    pub fn steps<const D: usize>(&self) -> Steps<'_, D> {
        Steps {
            schedule: self,
            call: 0,
            past: Vec::new(),
            start: None,
        }
    }
}

/// Where a sampling stands: what the network predicted before.
#[derive(Debug)]
pub struct Steps<'a, const D: usize> {
    schedule: &'a Schedule,
    call: usize,
    pub(super) past: Vec<Tensor<D>>,
    pub(super) start: Option<Tensor<D>>,
}

impl<const D: usize> Steps<'_, D> {
    /// Latents after the next call, from those before it and what the network predicted for them.
    ///
    /// # Shapes
    /// `x`, `predicted`, fresh noise and the result all have one shape.
    ///
    /// # Errors
    /// [`ZooError::Config`] past the last call.
    pub fn step(
        &mut self,
        predicted: Tensor<D>,
        x: Tensor<D>,
        fresh: &mut FreshNoise<'_, D>,
    ) -> Result<Tensor<D>, ZooError> {
        let call = self.call;
        if call >= self.schedule.calls.len() {
            return Err(ZooError::Config(format!(
                "the schedule has {call} calls and was asked for one more"
            )));
        }
        self.call += 1;
        Ok(match &self.schedule.solver {
            Solver::Pndm(pndm) => pndm.step(call, self, predicted, x),
            Solver::Ddim(ddim) => ddim.step(call, predicted, x),
            Solver::Euler(euler) => euler.step(call, predicted, x, fresh),
            Solver::DpmSolver(solver) => solver.step(call, self, predicted, x),
            Solver::Lcm(lcm) => lcm.step(call, predicted, x, fresh),
        })
    }
}

/// Refuses what the class cannot be given, as diffusers does.
fn check_prediction(config: &SchedulerConfig) -> Result<(), ZooError> {
    let samples = matches!(
        config.class,
        SchedulerClass::Pndm | SchedulerClass::EulerAncestral
    );
    match config.prediction {
        Prediction::Noise | Prediction::V => Ok(()),
        Prediction::Sample if !samples => Ok(()),
        _ => Err(ZooError::Config(format!(
            "the scheduler {} takes predictions of noise and of v, this model is said to predict something else; \
             choose another --scheduler, or state --prediction",
            config.class.name()
        ))),
    }
}

/// Refuses predicted noise where nothing is left of the image.
pub(super) fn check_image_left(
    config: &SchedulerConfig,
    timestep: i64,
    kept: f64,
) -> Result<(), ZooError> {
    match config.prediction {
        Prediction::Noise if kept == 0.0 => Err(ZooError::Config(format!(
            "nothing is left of the image at timestep {timestep} (rescale_betas_zero_snr), where predicted noise says \
             nothing; take leading timesteps, or a model that predicts v (--prediction v_prediction)"
        ))),
        _ => Ok(()),
    }
}
