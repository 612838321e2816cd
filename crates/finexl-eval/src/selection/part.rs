//! What is recorded of one column of a pool under one protocol.

use super::answers::Answer;
use super::distances::Distances;
use super::grounds::Grounds;
use super::matching::{OPTIONS, matched};
use super::methods::Contender;
use super::{Candidate, Credit, Outcome, Protocol, Reference, columns, outcomes, reference};
use crate::EvalError;
use finexl_core::experiment::PoolColumn;
use finexl_core::selection::{
    ASPECT_F1, CHANCE, Found, LEVEL_WITHIN_ONE, NAMED_F1, ORACLE, Role, SAME_STYLE, SelectionRecord,
};
use finexl_explain::vocabulary::Vocabulary;
use std::collections::BTreeMap;

/// Aspects that a record lists.
const LISTED: usize = 8;

/// What the columns of a pool have in common.
#[derive(Clone, Copy)]
pub struct Field<'a> {
    /// Name of the pool.
    pub pool: &'a str,
    /// How many pairs of images each of its models has.
    pub pairs: usize,
    /// All its models.
    pub candidates: &'a [Candidate],
    /// How far their images are apart.
    pub distances: &'a Distances,
    /// The concepts that methods weigh.
    pub grounds: &'a Grounds,
}

/// One column under one protocol.
pub struct Part<'a> {
    field: Field<'a>,
    column: String,
    protocol: Protocol,
    /// Indices in the pool of those that can be selected.
    members: Vec<usize>,
    candidates: Vec<Candidate>,
    /// Places of the targets among the members.
    targets: Vec<usize>,
    known: Vec<Reference>,
}

impl<'a> Part<'a> {
    /// Who can be selected for whom.
    pub fn of(field: Field<'a>, column: &PoolColumn, protocol: Protocol) -> Self {
        let [members, targets] = columns::members(column, field.candidates);
        let candidates: Vec<Candidate> = members
            .iter()
            .map(|index| field.candidates[*index].clone())
            .collect();
        let targets: Vec<usize> = (0..members.len())
            .filter(|place| targets.contains(&members[*place]))
            .collect();
        Self {
            field,
            column: columns::name(column),
            protocol,
            known: reference(&candidates, &targets, protocol),
            members,
            candidates,
            targets,
        }
    }

    /// Chance, and somebody who knows all.
    ///
    /// # Errors
    /// Distances that cannot be measured.
    pub fn references(&self) -> Result<Vec<SelectionRecord>, EvalError> {
        let chance = self.known.iter().map(|known| {
            let all = self.protocol.eligible(known.target, &self.candidates);
            self.record(CHANCE, Role::Reference, known, &all, known.chance)
        });
        let oracle = self.known.iter().map(|known| {
            let credit = Credit::mean(
                &self.candidates[known.target],
                &known.oracle,
                &self.candidates,
            );
            self.record(ORACLE, Role::Reference, known, &known.oracle, credit)
        });
        chance.chain(oracle).collect()
    }

    /// A row per kind of directions.
    ///
    /// # Errors
    /// Distances that cannot be measured.
    pub fn of_method(
        &self,
        contender: &Contender,
        answers: &[Answer],
    ) -> Result<Vec<SelectionRecord>, EvalError> {
        let mut records = Vec::new();
        let weighs = answers.iter().any(|a| a.weights.iter().any(|w| *w != 0.0));
        for (place, column) in contender.columns.iter().enumerate() {
            let vectors: Vec<Vec<f64>> = self
                .members
                .iter()
                .map(|index| answers[*index].vectors[place].clone())
                .collect();
            let chosen = outcomes(&self.candidates, &self.targets, self.protocol, &vectors);
            let name = contender.row(*column);
            for (outcome, known) in chosen.iter().zip(&self.known) {
                let answer = &answers[self.members[outcome.target]];
                let Outcome {
                    selected, credit, ..
                } = outcome;
                let mut record = self.record(&name, contender.role, known, selected, *credit)?;
                let vocabulary = self.field.grounds.vocabulary(contender.offer);
                record.found = found(vocabulary, &answer.weights);
                if weighs {
                    read(vocabulary, &answer.weights, &mut record);
                }
                record.seen = contender.seen(self.field.pairs);
                record.problem.clone_from(&answer.problem);
                records.push(record);
            }
        }
        Ok(records)
    }

    fn record(
        &self,
        method: &str,
        role: Role,
        known: &Reference,
        selected: &[usize],
        credit: Credit,
    ) -> Result<SelectionRecord, EvalError> {
        let target = &self.candidates[known.target];
        let in_pool: Vec<usize> = selected.iter().map(|place| self.members[*place]).collect();
        let distances = self.field.distances;
        let mut figures = figures(credit);
        for (name, distance) in distances.between(self.members[known.target], &in_pool)? {
            figures.insert(name.to_string(), distance);
        }
        let of = |index: &usize| &self.candidates[*index];
        let style = |candidate: &Candidate| {
            let aspects: Vec<&str> = candidate.aspects.iter().map(String::as_str).collect();
            aspects.join(" + ")
        };
        Ok(SelectionRecord {
            pool: self.field.pool.to_string(),
            column: self.column.clone(),
            protocol: self.protocol.name().to_string(),
            method: method.to_string(),
            role,
            seen: None,
            target: target.model.clone(),
            run: target.run.clone(),
            aspects: target.aspects.iter().cloned().collect(),
            level: target.level,
            selected: selected.iter().map(|i| of(i).model.clone()).collect(),
            selected_styles: selected.iter().map(|i| style(of(i))).collect(),
            figures,
            ceilings: self::figures(known.ceiling),
            strength: None,
            found: Vec::new(),
            problem: None,
        })
    }
}

/// What the weights say of the target's own aspects: how strong they are, and whether the aspect of a
/// target with one is told from other aspects.
fn read(vocabulary: &Vocabulary, weights: &[f64], record: &mut SelectionRecord) {
    let own = record.aspects.iter().map(|name| vocabulary.position(name));
    let Some(own) = own.collect::<Option<Vec<usize>>>() else {
        return;
    };
    record.strength = Some(own.iter().map(|index| weights[*index]).sum());
    // Options are aspects, so that none is easy to rule out.
    let concepts = vocabulary.concepts().iter().enumerate();
    // A vocabulary of other phrases has no families, and all of it are options.
    let families = vocabulary
        .concepts()
        .iter()
        .any(|concept| concept.family.is_some());
    let aspects: Vec<usize> = concepts
        .filter(|(_, concept)| concept.family.is_some() || !families)
        .map(|(index, _)| index)
        .collect();
    let named = named(&aspects, weights, &own);
    record.figures.insert(NAMED_F1.to_string(), named);
    let [own] = own[..] else { return };
    let Some(truth) = aspects.iter().position(|index| *index == own) else {
        return;
    };
    let weights: Vec<f64> = aspects.iter().map(|index| weights[*index]).collect();
    for options in OPTIONS {
        if let Some(share) = matched(&weights, truth, options) {
            let name = format!("matched of {options}");
            record.figures.insert(name, share);
        }
    }
}

/// F1 of the aspects that are named as a guess of those that are there: as many as there are, the largest of
/// the positive weights. What has none above zero names less.
fn named(aspects: &[usize], weights: &[f64], own: &[usize]) -> f64 {
    let mut largest: Vec<usize> = aspects.to_vec();
    largest.retain(|index| weights[*index] > 0.0);
    largest.sort_by(|a, b| weights[*b].total_cmp(&weights[*a]));
    largest.truncate(own.len());
    let right = largest.iter().filter(|index| own.contains(index)).count();
    2.0 * right as f64 / (largest.len() + own.len()).max(1) as f64
}

/// The strongest weights with their concepts.
fn found(vocabulary: &Vocabulary, weights: &[f64]) -> Vec<Found> {
    let mut found: Vec<Found> = vocabulary
        .concepts()
        .iter()
        .zip(weights)
        .filter(|(_, weight)| **weight != 0.0)
        .map(|(concept, weight)| Found {
            concept: concept.name.clone(),
            weight: *weight,
        })
        .collect();
    found.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
    found.truncate(LISTED);
    found
}

fn figures(credit: Credit) -> BTreeMap<String, f64> {
    let named = [
        (SAME_STYLE, credit.same_style),
        (LEVEL_WITHIN_ONE, credit.level_within_one),
        (ASPECT_F1, credit.aspect_f1),
    ];
    named.map(|(name, value)| (name.to_string(), value)).into()
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn as_many_aspects_are_named_as_there_are() {
        let aspects = [0, 2, 3];
        // What is no aspect does not count, however strong.
        let weights = [0.5, 9.0, 0.4, 0.3];
        assert_eq!(named(&aspects, &weights, &[0, 3]), 0.5);
        assert_eq!(named(&aspects, &weights, &[0, 2]), 1.0);
        // One of two is named, and it is right.
        let one = named(&aspects, &[0.5, 9.0, -0.4, 0.0], &[0, 2]);
        assert!((one - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(named(&aspects, &[0.0; 4], &[0]), 0.0);
    }
}
