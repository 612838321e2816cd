//! What a file makes of a weight.

use super::change::Change;
use super::lora_file::LayerChange;
use super::magnitude::Magnitude;
use super::operator::Operator;
use crate::stable_diffusion::Layer;

impl LayerChange<'_> {
    /// What is added to the weight at full strength, row by row as [`Layer::matrix`]; `None` where it stays as it is.
    ///
    /// Of DoRA it is `s (W + D) / ||W + D|| - W`, lengths being taken per output or per input, a kernel included (Liu et
    /// al. 2024); of IA3 `W` times its factors; of all others the change itself.
    ///
    /// # Errors
    /// What is wrong with its numbers, to be put behind [`LayerChange::key`].
    pub fn difference(&self, weight: &[f32], layer: &Layer) -> Result<Option<Vec<f32>>, String> {
        let Some(change) = &self.change else {
            return Ok(None);
        };
        let scale = self.scale.value;
        let mut difference = match change {
            Change::Channels {
                weight: factors,
                on_input,
            } => {
                let factors = factors.numbers()?;
                let axis = Axis::new(layer, !on_input);
                let of = |(at, w): (usize, &f32)| (f64::from(*w) * factors[axis.of(at)]) as f32;
                weight.iter().enumerate().map(of).collect()
            }
            _ => Operator::of(change)?.map_or_else(Vec::new, |operator| operator.dense()),
        };
        if difference.len() != weight.len() {
            let (found, needed) = (difference.len(), weight.len());
            return Err(format!("changes {found} numbers of {needed}"));
        }
        match &self.magnitude {
            Some(magnitude) => lengthened(weight, &mut difference, scale, magnitude, layer)?,
            None => {
                for value in &mut difference {
                    *value = (f64::from(*value) * scale) as f32;
                }
            }
        }
        Ok(Some(difference))
    }
}

/// Which output or input a number of a weight belongs to.
struct Axis {
    of_outputs: bool,
    columns: usize,
    /// Numbers of a kernel.
    area: usize,
}

impl Axis {
    fn new(layer: &Layer, of_outputs: bool) -> Self {
        let [_, columns] = layer.matrix();
        Self {
            of_outputs,
            columns: columns.max(1),
            area: (columns / layer.inputs.max(1)).max(1),
        }
    }

    fn of(&self, at: usize) -> usize {
        match self.of_outputs {
            true => at / self.columns,
            false => at % self.columns / self.area,
        }
    }
}

/// DoRA: what is added so that rows or columns get their lengths.
fn lengthened(
    weight: &[f32],
    difference: &mut [f32],
    scale: f64,
    magnitude: &Magnitude<'_>,
    layer: &Layer,
) -> Result<(), String> {
    let lengths = magnitude.lengths.numbers()?;
    let axis = Axis::new(layer, magnitude.of_outputs);
    let mut squares = vec![0.0f64; lengths.len()];
    let moved = |w: &f32, d: &f32| f64::from(*w) + scale * f64::from(*d);
    for (at, (w, d)) in weight.iter().zip(&*difference).enumerate() {
        squares[axis.of(at)] += moved(w, d).powi(2);
    }
    if let Some(place) = squares.iter().position(|square| *square == 0.0) {
        return Err(format!(
            "gives a length to output or input {place}, which is all zero"
        ));
    }
    let factors: Vec<f64> = (lengths.iter().zip(&squares))
        .map(|(length, square)| length / square.sqrt())
        .collect();
    for (at, (w, d)) in weight.iter().zip(difference).enumerate() {
        *d = (moved(w, &*d) * factors[axis.of(at)] - f64::from(*w)) as f32;
    }
    Ok(())
}
