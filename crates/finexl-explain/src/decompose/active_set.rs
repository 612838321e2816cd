//! Non-negative least squares by active sets.
//!
//! Source: Lawson and Hanson, *Solving Least Squares Problems* (1974), chapter 23; the warm start
//! follows Bro and de Jong, *A fast non-negativity-constrained least squares algorithm* (1997).
//! Inner products between directions are formed only as directions enter, since a solution holds
//! few of them, and a last step of refinement in the feature space takes back most of what
//! squaring the condition number costs.

use super::cholesky::Cholesky;
use super::dense::{dot, norm, project, remainder};
use super::directions::Directions;
use crate::error::ExplainError;

/// Gradient, relative to the lengths of direction and target, that counts as rounding.
const ROUNDING: f64 = 1e-13;

/// Minimises `|V - F^T w|` over `w >= 0`; returns `w`, `[N]`.
///
/// `warm` holds the concepts expected to be positive. Where `F` has dependent rows the solution
/// need not be unique; without `warm` it is the one that Lawson and Hanson's path reaches.
///
/// # Errors
///
/// No convergence, which the strict decrease of the objective excludes up to rounding.
pub(super) fn solve(
    directions: Directions<'_>,
    target: &[f64],
    warm: &[usize],
) -> Result<Vec<f64>, ExplainError> {
    let mut state = ActiveSet::new(directions, target);
    state.start(warm);
    let limit = 20 * directions.count() + 100;
    for _ in 0..limit {
        let gradient = state.gradient();
        if !state.enter(&gradient) {
            state.refine(&gradient);
            return Ok(state.weights);
        }
    }
    Err(ExplainError::NotConverged {
        solver: "non-negative least squares",
        steps: limit,
    })
}

/// A feasible point: the least-squares solution over its positive weights.
struct ActiveSet<'a> {
    directions: Directions<'a>,
    target: &'a [f64],
    /// `F V`, `[N]`.
    products: Vec<f64>,
    /// Largest gradient of each concept that is rounding only, `[N]`.
    tolerance: Vec<f64>,
    /// Concepts with a positive weight, in the order of the factor's rows.
    passive: Vec<usize>,
    factor: Cholesky,
    weights: Vec<f64>,
}

impl<'a> ActiveSet<'a> {
    fn new(directions: Directions<'a>, target: &'a [f64]) -> Self {
        let size = norm(target);
        // Both in one pass: reading a large bank is what takes the time of a warm solve.
        let (products, tolerance) = directions
            .rows()
            .map(|row| (dot(row, target), ROUNDING * size * norm(row)))
            .unzip();
        Self {
            directions,
            target,
            products,
            tolerance,
            passive: Vec::new(),
            factor: Cholesky::default(),
            weights: vec![0.0; directions.count()],
        }
    }

    /// Least squares over `warm`, leaving out whatever comes out negative until nothing does.
    fn start(&mut self, warm: &[usize]) {
        for &concept in warm {
            self.append(concept);
        }
        loop {
            let solution = self.unconstrained();
            let before = self.passive.len();
            for place in (0..before).rev() {
                if solution[place] <= 0.0 {
                    self.remove(place);
                }
            }
            if self.passive.len() == before {
                self.assign(&solution);
                return;
            }
        }
    }

    /// `F (V - F^T w)`, `[N]`.
    fn gradient(&self) -> Vec<f64> {
        if self.passive.is_empty() {
            return self.products.clone();
        }
        let rest = remainder(self.directions, self.target, &self.weights);
        project(self.directions, &rest)
    }

    /// Lets the concept of steepest descent in and goes to the new optimum; false at the end.
    fn enter(&mut self, gradient: &[f64]) -> bool {
        let mut open: Vec<bool> = (0..gradient.len())
            .map(|concept| gradient[concept] > self.tolerance[concept])
            .collect();
        self.passive
            .iter()
            .for_each(|&concept| open[concept] = false);
        while let Some(concept) = (0..gradient.len())
            .filter(|&concept| open[concept])
            // The first of equals, as `>` in a plain loop would choose.
            .rev()
            .max_by(|&a, &b| gradient[a].total_cmp(&gradient[b]))
        {
            open[concept] = false;
            if !self.append(concept) {
                continue;
            }
            let solution = self.unconstrained();
            // A direction that should enter but would not rise is noise of dependent directions.
            if solution.last().is_some_and(|&weight| weight > 0.0) {
                self.descend(solution);
                return true;
            }
            self.remove(self.passive.len() - 1);
        }
        false
    }

    /// Walks towards `solution`, dropping each concept that reaches zero on the way.
    fn descend(&mut self, mut solution: Vec<f64>) {
        loop {
            let mut step = 1.0;
            let mut blocking = None;
            for (place, &concept) in self.passive.iter().enumerate() {
                let weight = self.weights[concept];
                if solution[place] <= 0.0 {
                    let ratio = weight / (weight - solution[place]);
                    if blocking.is_none() || ratio < step {
                        step = ratio;
                        blocking = Some(place);
                    }
                }
            }
            let Some(blocking) = blocking else {
                return self.assign(&solution);
            };
            for (place, &concept) in self.passive.iter().enumerate() {
                self.weights[concept] += step * (solution[place] - self.weights[concept]);
            }
            let blocked = self.passive[blocking];
            self.weights[blocked] = 0.0;
            for place in (0..self.passive.len()).rev() {
                if self.weights[self.passive[place]] <= 0.0 {
                    self.remove(place);
                }
            }
            solution = self.unconstrained();
        }
    }

    /// One step of refinement, from the gradient that was found zero up to rounding.
    fn refine(&mut self, gradient: &[f64]) {
        let rest = self.passive.iter().map(|&concept| gradient[concept]);
        let correction = self.factor.solve(rest.collect());
        let refined: Vec<f64> = self
            .passive
            .iter()
            .zip(correction)
            .map(|(&concept, correction)| self.weights[concept] + correction)
            .collect();
        if refined.iter().all(|&weight| weight > 0.0) {
            self.assign(&refined);
        }
    }

    fn append(&mut self, concept: usize) -> bool {
        let row = self.directions.row(concept);
        let products = self
            .passive
            .iter()
            .map(|&other| dot(row, self.directions.row(other)))
            .collect();
        let entered = self.factor.append(products, dot(row, row));
        if entered {
            self.passive.push(concept);
        }
        entered
    }

    fn remove(&mut self, place: usize) {
        self.factor.remove(place);
        let concept = self.passive.remove(place);
        self.weights[concept] = 0.0;
    }

    /// Least squares over the passive concepts, in their order.
    fn unconstrained(&self) -> Vec<f64> {
        let products = self.passive.iter().map(|&concept| self.products[concept]);
        self.factor.solve(products.collect())
    }

    fn assign(&mut self, solution: &[f64]) {
        for (&concept, &weight) in self.passive.iter().zip(solution) {
            self.weights[concept] = weight;
        }
    }
}
