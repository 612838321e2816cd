//! `scheduler_config.json`, strictly.

use super::class::SchedulerClass;
use super::config::{BetaSchedule, FinalSigma, SchedulerConfig, SolverType, Spacing};
use super::config_fields::Fields;
use crate::ZooError;
use crate::sampling::Prediction;
use serde_json::Value;
use std::path::Path;

/// What diffusers calls what a network predicts.
pub(crate) fn prediction(name: &str) -> Option<Prediction> {
    match name {
        "epsilon" => Some(Prediction::Noise),
        "v_prediction" => Some(Prediction::V),
        "sample" => Some(Prediction::Sample),
        _ => None,
    }
}

/// Keys of classes that diffusers lets a config be loaded with; another class leaves them out.
const OF_OTHERS: &[&str] = &[
    "algorithm_type",
    "clip_sample",
    "clip_sample_range",
    "dynamic_thresholding_ratio",
    "euler_at_final",
    "final_sigmas_type",
    "flow_shift",
    "interpolation_type",
    "lambda_min_clipped",
    "lower_order_final",
    "original_inference_steps",
    "rescale_betas_zero_snr",
    "sample_max_value",
    "set_alpha_to_one",
    "sigma_max",
    "sigma_min",
    "skip_prk_steps",
    "solver_order",
    "solver_type",
    "thresholding",
    "time_shift_type",
    "timestep_scaling",
    "timestep_type",
    "use_beta_sigmas",
    "use_dynamic_shifting",
    "use_exponential_sigmas",
    "use_flow_sigmas",
    "use_karras_sigmas",
    "use_lu_lambdas",
    "variance_type",
];

/// Keys of every class.
const OF_ALL: &[&str] = &[
    "num_train_timesteps",
    "beta_start",
    "beta_end",
    "beta_schedule",
    "trained_betas",
    "prediction_type",
    "timestep_spacing",
    "steps_offset",
];

/// The keys that a class reads, beside those of every class.
fn keys(class: SchedulerClass) -> &'static [&'static str] {
    match class {
        SchedulerClass::Pndm => &["skip_prk_steps", "set_alpha_to_one"],
        SchedulerClass::Ddim => &[
            "clip_sample",
            "clip_sample_range",
            "set_alpha_to_one",
            "thresholding",
            "dynamic_thresholding_ratio",
            "sample_max_value",
            "rescale_betas_zero_snr",
        ],
        SchedulerClass::Euler => &[
            "interpolation_type",
            "use_karras_sigmas",
            "use_exponential_sigmas",
            "use_beta_sigmas",
            "sigma_min",
            "sigma_max",
            "timestep_type",
            "rescale_betas_zero_snr",
            "final_sigmas_type",
        ],
        SchedulerClass::EulerAncestral => &["rescale_betas_zero_snr"],
        SchedulerClass::DpmSolverPp2M => &[
            "solver_order",
            "thresholding",
            "dynamic_thresholding_ratio",
            "sample_max_value",
            "algorithm_type",
            "solver_type",
            "lower_order_final",
            "euler_at_final",
            "use_karras_sigmas",
            "use_exponential_sigmas",
            "use_beta_sigmas",
            "use_lu_lambdas",
            "use_flow_sigmas",
            "flow_shift",
            "final_sigmas_type",
            "lambda_min_clipped",
            "variance_type",
            "rescale_betas_zero_snr",
            "use_dynamic_shifting",
            "time_shift_type",
        ],
        SchedulerClass::Lcm => &[
            "original_inference_steps",
            "clip_sample",
            "clip_sample_range",
            "set_alpha_to_one",
            "thresholding",
            "dynamic_thresholding_ratio",
            "sample_max_value",
            "timestep_scaling",
            "rescale_betas_zero_snr",
        ],
    }
}

impl SchedulerConfig {
    /// Reads the bytes of a `scheduler_config.json`; `class` takes the place of the one that it names, as
    /// `OtherScheduler.from_config` does: keys of both are kept, all others have the defaults of the class.
    ///
    /// # Errors
    /// [`ZooError::EncoderFiles`] with the key for classes and values that are not built, unknown keys and types.
    pub fn read(
        bytes: &[u8],
        path: &Path,
        class: Option<SchedulerClass>,
    ) -> Result<Self, ZooError> {
        let fields = Fields::parse(bytes, path)?;
        Self::of_fields(&fields, class)
    }

    /// The same from what was read already.
    ///
    /// # Errors
    /// As [`SchedulerConfig::read`].
    pub fn of_json(
        json: &Value,
        path: &Path,
        class: Option<SchedulerClass>,
    ) -> Result<Self, ZooError> {
        Self::of_fields(&Fields::of(json.clone(), path)?, class)
    }

    fn of_fields(fields: &Fields<'_>, class: Option<SchedulerClass>) -> Result<Self, ZooError> {
        let stated = match fields.text("_class_name")? {
            Some(name) => Some(name),
            None if class.is_some() => None,
            None => return Err(fields.fault("it names no _class_name", "state --scheduler")),
        };
        let own = stated.as_deref().and_then(SchedulerClass::parse);
        let Some(class) = class.or(own) else {
            let name = stated.unwrap_or_default();
            return Err(fields.fault(
                &format!("the scheduler {name} is not built"),
                &format!("choose one with --scheduler: {}", SchedulerClass::known()),
            ));
        };
        // Of another class than the config's only what both know is read, as diffusers does.
        if own == Some(class) || stated.is_none() {
            fields.check_keys(class)?;
        }
        fields.check_unbuilt(class)?;
        fields.config(class)
    }
}

impl Fields<'_> {
    fn check_keys(&self, class: SchedulerClass) -> Result<(), ZooError> {
        for key in self.map.keys() {
            let known = key.starts_with('_')
                || OF_ALL.contains(&key.as_str())
                || keys(class).contains(&key.as_str())
                || OF_OTHERS.contains(&key.as_str());
            if !known {
                return Err(self.fault(
                    &format!("the key {key} is unknown, so the scheduler may be another one"),
                    "take the key out if it changes nothing, or choose one with --scheduler",
                ));
            }
        }
        Ok(())
    }

    /// Refuses values that change what is done and are not built.
    fn check_unbuilt(&self, class: SchedulerClass) -> Result<(), ZooError> {
        let own = |key: &str| OF_ALL.contains(&key) || keys(class).contains(&key);
        let refuse = |key: &str, value: &Value| {
            self.fault(
                &format!("{key} is {value}, which is not built"),
                "choose another --scheduler",
            )
        };
        for key in [
            "thresholding",
            "use_exponential_sigmas",
            "use_beta_sigmas",
            "use_lu_lambdas",
            "use_flow_sigmas",
            "use_dynamic_shifting",
        ] {
            if own(key) && self.flag(key)? == Some(true) {
                return Err(refuse(key, &Value::Bool(true)));
            }
        }
        for key in ["trained_betas", "lambda_min_clipped"] {
            if let (true, Some(value)) = (own(key), self.value(key)) {
                return Err(refuse(key, value));
            }
        }
        for (key, built) in [
            ("interpolation_type", "linear"),
            ("timestep_type", "discrete"),
            ("algorithm_type", "dpmsolver++"),
        ] {
            if own(key) {
                let as_built = |name: &str| (name == built).then_some(());
                self.named(key, &format!("\"{built}\""), as_built)?;
            }
        }
        if class == SchedulerClass::Pndm && self.flag("skip_prk_steps")? != Some(true) {
            return Err(self.fault(
                "skip_prk_steps is not true; PNDM with Runge-Kutta steps is not built",
                "set it to true, as published models have it, or choose another --scheduler",
            ));
        }
        Ok(())
    }

    fn config(&self, class: SchedulerClass) -> Result<SchedulerConfig, ZooError> {
        let usual = SchedulerConfig::of_class(class);
        let own = |key: &str| keys(class).contains(&key);
        let flag = |key: &str, usual: bool| match own(key) {
            true => Ok::<_, ZooError>(self.flag(key)?.unwrap_or(usual)),
            false => Ok(usual),
        };
        let number = |key: &str, usual: Option<f64>| match own(key) {
            true => Ok::<_, ZooError>(self.number(key)?.or(usual)),
            false => Ok(usual),
        };
        let bound = number("clip_sample_range", Some(1.0))?;
        let clips = flag("clip_sample", usual.clip.is_some())?;
        let order = match own("solver_order") {
            true => self.count("solver_order")?.unwrap_or(usual.order),
            false => usual.order,
        };
        if !(1..=2).contains(&order) {
            return Err(self.fault(
                &format!("solver_order is {order}; orders 1 and 2 are built"),
                "set it to 2, or choose another --scheduler",
            ));
        }
        let final_sigma = |name: &str| match name {
            "zero" => Some(FinalSigma::Zero),
            "sigma_min" => Some(FinalSigma::Min),
            _ => None,
        };
        Ok(SchedulerConfig {
            beta_start: self.number("beta_start")?.unwrap_or(usual.beta_start),
            beta_end: self.number("beta_end")?.unwrap_or(usual.beta_end),
            beta_schedule: self.beta_schedule()?.unwrap_or(usual.beta_schedule),
            train_timesteps: (self.count("num_train_timesteps")?).unwrap_or(usual.train_timesteps),
            zero_snr: flag("rescale_betas_zero_snr", false)?,
            prediction: self.prediction()?.unwrap_or(usual.prediction),
            spacing: self
                .named(
                    "timestep_spacing",
                    "leading, trailing or linspace",
                    Spacing::parse,
                )?
                .unwrap_or(usual.spacing),
            offset: self.count("steps_offset")?.unwrap_or(usual.offset),
            alpha_to_one: flag("set_alpha_to_one", usual.alpha_to_one)?,
            clip: clips.then_some(bound).flatten(),
            karras: flag("use_karras_sigmas", false)?,
            sigma_min: number("sigma_min", None)?,
            sigma_max: number("sigma_max", None)?,
            final_sigma: match own("final_sigmas_type") {
                true => self
                    .named("final_sigmas_type", "zero or sigma_min", final_sigma)?
                    .unwrap_or(usual.final_sigma),
                false => usual.final_sigma,
            },
            order,
            solver: self.solver(class)?.unwrap_or(usual.solver),
            lower_order_final: flag("lower_order_final", true)?,
            euler_at_final: flag("euler_at_final", false)?,
            original_steps: match own("original_inference_steps") {
                true => (self.count("original_inference_steps")?).unwrap_or(usual.original_steps),
                false => usual.original_steps,
            },
            timestep_scaling: number("timestep_scaling", Some(usual.timestep_scaling))?
                .unwrap_or(usual.timestep_scaling),
            class,
        })
    }

    fn prediction(&self) -> Result<Option<Prediction>, ZooError> {
        self.named(
            "prediction_type",
            "epsilon, v_prediction or sample",
            prediction,
        )
    }

    fn beta_schedule(&self) -> Result<Option<BetaSchedule>, ZooError> {
        let parse = |name: &str| match name {
            "linear" => Some(BetaSchedule::Linear),
            "scaled_linear" => Some(BetaSchedule::ScaledLinear),
            "squaredcos_cap_v2" => Some(BetaSchedule::SquaredCosine),
            _ => None,
        };
        let known = "linear, scaled_linear or squaredcos_cap_v2";
        self.named("beta_schedule", known, parse)
    }

    fn solver(&self, class: SchedulerClass) -> Result<Option<SolverType>, ZooError> {
        if class != SchedulerClass::DpmSolverPp2M {
            return Ok(None);
        }
        let parse = |name: &str| match name {
            // The names of other classes' solvers, which this one reads as the middle.
            "midpoint" | "logrho" | "bh1" | "bh2" => Some(SolverType::Midpoint),
            "heun" => Some(SolverType::Heun),
            _ => None,
        };
        self.named("solver_type", "midpoint or heun", parse)
    }
}
