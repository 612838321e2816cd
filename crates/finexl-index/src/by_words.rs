//! Models by how strongly, and how surely, they are what words ask for.

use crate::columns::Number;
use crate::filters::Filters;
use crate::group_file::GroupFile;
use crate::query::{Query, Term, Want};
use rayon::prelude::*;

/// The level that "slightly" asks for: the middle of what reports call so, below 0.20.
const SLIGHT: f32 = 0.125;
/// The level up to which a model is "not very": where reports begin to say "clearly".
const LITTLE: f32 = 0.2;
/// Models that a thread takes at once.
const BLOCK: usize = 4096;

/// A model in a ranking.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// Its row in the group.
    pub row: usize,
    /// How much it is what was asked for: 1 is all of it, as strong as it gets, 0 none, below 0 the opposite.
    pub value: f32,
    /// Lower end of the 95% interval, which ranks.
    pub low: f32,
    /// Upper end.
    pub high: f32,
}

/// The models of a group that the filters allow, best first, at most `top`, and how many there are in all.
///
/// Every term of the query gives a value between -1 and 1 of a model's score x (in levels, or relative to the group's
/// largest score where nothing is calibrated):
///
/// - wanted: x; "very" counts it twice
/// - "slightly": 1 at x = 0.125, falling to 0 at 0 and at 0.25, and on to -1
/// - "not": -x; "not very": 0 up to 0.2, from there 0.2 - x
/// - "less": the score of the opposite, less x
///
/// The model's value is their weighted mean. Each term has an interval, from the 95% interval of x; distances of its ends
/// from the value are added up as those of independent terms are, as the root of the sum of squares. Models are ordered by
/// the lower end: one that surely has something of it comes before one that may have more, or nothing.
pub fn ranked(file: &GroupFile, query: &Query, filters: &Filters, top: usize) -> (Vec<Hit>, usize) {
    let columns = columns(file, query);
    let scores = filters.of_scores(query, file);
    let rows: Vec<usize> = (0..file.len()).collect();
    let mut hits: Vec<Hit> = (rows.par_chunks(BLOCK))
        .flat_map_iter(|rows| {
            let allowed =
                (rows.iter()).filter(|row| scores.allow(**row) && filters.allow(file, **row));
            allowed.map(|row| columns.hit(*row)).collect::<Vec<_>>()
        })
        .collect();
    let count = hits.len();
    best(&mut hits, top);
    (hits, count)
}

/// What scores are divided by to be levels.
fn unit(file: &GroupFile) -> f32 {
    if file.group().calibrated {
        return 1.0;
    }
    match file.largest_score() {
        largest if largest > 0.0 => largest,
        _ => 1.0,
    }
}

/// Leaves the best, in order: by lower end, value, and row, which is the order of the paths of records.
pub(crate) fn best(hits: &mut Vec<Hit>, top: usize) {
    let order = |a: &Hit, b: &Hit| {
        let by_ends = b.low.total_cmp(&a.low).then(b.value.total_cmp(&a.value));
        by_ends.then(a.row.cmp(&b.row))
    };
    if top > 0 && top < hits.len() {
        hits.select_nth_unstable_by(top - 1, order);
    }
    hits.truncate(top);
    hits.sort_by(order);
}

/// A concept's scores with their ends, of all models.
type Ends<'a> = [&'a [f32]; 3];

/// A query with the columns that it looks at.
struct Columns<'a> {
    /// Every term: what is wanted, its weight, its concept's columns and those of its opposite.
    terms: Vec<(Want, f32, Ends<'a>, Option<Ends<'a>>)>,
    unit: f32,
}

fn columns<'a>(file: &'a GroupFile, query: &Query) -> Columns<'a> {
    let of = |concept: usize| {
        [Number::Score, Number::Low, Number::High].map(|number| file.of_concept(number, concept))
    };
    let term = |Term { concept, want }: &Term| {
        let weight = if *want == Want::Much { 2.0 } else { 1.0 };
        let opposite = match want {
            Want::Less(opposite) => Some(of(*opposite)),
            _ => None,
        };
        (*want, weight, of(*concept), opposite)
    };
    Columns {
        terms: query.terms.iter().map(term).collect(),
        unit: unit(file),
    }
}

impl Columns<'_> {
    /// Value and ends of a model.
    fn hit(&self, row: usize) -> Hit {
        let at = |columns: &Ends<'_>| {
            columns.map(|numbers| numbers.get(row).map_or(0.0, |value| value / self.unit))
        };
        let (mut sum, mut weights, mut below, mut above) = (0.0, 0.0, 0.0, 0.0);
        for (want, weight, concept, opposite) in &self.terms {
            let [value, low, high] = match opposite {
                Some(opposite) => {
                    let ([x, x_low, x_high], [y, y_low, y_high]) = (at(concept), at(opposite));
                    [
                        y - x,
                        y - x - (y - y_low).hypot(x_high - x),
                        y - x + (y_high - y).hypot(x - x_low),
                    ]
                }
                None => ends(*want, at(concept)),
            };
            sum += weight * value;
            weights += weight;
            below += (weight * (value - low)).powi(2);
            above += (weight * (high - value)).powi(2);
        }
        let value = sum / weights;
        Hit {
            row,
            value,
            low: value - below.sqrt() / weights,
            high: value + above.sqrt() / weights,
        }
    }
}

/// Value of a term with its ends, of a score with its.
fn ends(want: Want, [x, low, high]: [f32; 3]) -> [f32; 3] {
    let value = |x: f32| match want {
        Want::Slightly => (1.0 - (x - SLIGHT).abs() / SLIGHT).max(-1.0),
        Want::Not => -x,
        Want::NotMuch => -(x - LITTLE).max(0.0),
        _ => x,
    };
    let [at_low, at_high] = [value(low), value(high)];
    // "Slightly" is largest in between.
    let largest = match want {
        Want::Slightly if low <= SLIGHT && SLIGHT <= high => 1.0,
        _ => at_low.max(at_high),
    };
    [value(x), at_low.min(at_high), largest]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_little_is_best_in_the_middle_and_not_turns_ends_around() {
        assert_eq!(ends(Want::Slightly, [0.125, 0.0, 0.25]), [1.0, 0.0, 1.0]);
        assert_eq!(ends(Want::Slightly, [0.9, 0.8, 1.0]), [-1.0; 3]);
        assert_eq!(ends(Want::Not, [0.5, 0.25, 1.0]), [-0.5, -1.0, -0.25]);
        assert_eq!(ends(Want::NotMuch, [0.1, 0.0, 0.2])[0], 0.0);
        assert_eq!(ends(Want::More, [0.5, 0.25, 1.0]), [0.5, 0.25, 1.0]);
    }
}
