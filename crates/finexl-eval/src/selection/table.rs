//! Tables of figures from records alone.

use super::protocol::Protocol;
use super::readings::{readings, strengths};
use super::{Clustered, compare, error_removed, level_recovery};
use crate::EvalError;
use finexl_core::selection::{
    ASPECT_F1, Figure, LEVEL_RANK_ERROR, LEVEL_SPEARMAN, POOLED, Role, SAME_STYLE, SelectionRecord,
    TableColumn, TableComparison, TableRow,
};
use finexl_explain::statistics::holm;
use std::collections::{BTreeMap, BTreeSet};

/// Tables of all records, a column per pool, column and protocol in the order of the records.
/// Comparisons are corrected over all of them. Where a protocol has several, one more has all of them
/// together: every mixture, and of columns of one aspect the largest of each pool.
///
/// # Errors
/// Where a statistic fails.
pub fn table(records: &[SelectionRecord]) -> Result<Vec<TableColumn>, EvalError> {
    let mut parts: Vec<Vec<&SelectionRecord>> = Vec::new();
    for record in records {
        match parts.iter_mut().find(|part| key(part[0]) == key(record)) {
            Some(part) => part.push(record),
            None => parts.push(vec![record]),
        }
    }
    let columns = parts.iter().map(|part| Part::new(part).column());
    let mut columns: Vec<TableColumn> = columns.collect::<Result<_, _>>()?;
    for protocol in [Protocol::OtherRuns, Protocol::AnyOther] {
        let pooled = pooled(&parts, protocol.name());
        if !pooled.is_empty() {
            let all: Vec<&SelectionRecord> = pooled.iter().collect();
            columns.push(Part::new(&all).column()?);
        }
    }
    adjust(&mut columns);
    Ok(columns)
}

/// What makes a column.
fn key(record: &SelectionRecord) -> [&str; 3] {
    [&record.pool, &record.column, &record.protocol]
}

/// The records of a protocol's columns together; none where there is only one column.
fn pooled(parts: &[Vec<&SelectionRecord>], protocol: &str) -> Vec<SelectionRecord> {
    let single = |part: &[&SelectionRecord]| part.iter().all(|record| record.aspects.len() == 1);
    let of: Vec<_> = parts.iter().filter(|p| p[0].protocol == protocol).collect();
    let largest = |part: &[&SelectionRecord]| {
        let same = |other: &&&Vec<&SelectionRecord>| other[0].pool == part[0].pool && single(other);
        of.iter()
            .filter(same)
            .all(|other| other.len() <= part.len())
    };
    let kept: Vec<_> = of
        .iter()
        .filter(|part| !single(part) || largest(part))
        .collect();
    if kept.len() < 2 {
        return Vec::new();
    }
    let records = kept.into_iter().flat_map(|part| part.iter());
    let together = |record: &&SelectionRecord| SelectionRecord {
        pool: POOLED.to_string(),
        column: POOLED.to_string(),
        run: format!("{}/{}", record.pool, record.run),
        target: format!("{}/{}/{}", record.pool, record.column, record.target),
        ..(*record).clone()
    };
    records.map(together).collect()
}

/// Writes Holm's correction into all comparisons.
fn adjust(columns: &mut [TableColumn]) {
    let all = columns.iter().flat_map(|column| &column.comparisons);
    let adjusted = holm(&all.map(|comparison| comparison.p).collect::<Vec<_>>());
    let all = columns.iter_mut().flat_map(|c| &mut c.comparisons);
    for (comparison, adjusted) in all.zip(adjusted) {
        comparison.adjusted = adjusted;
    }
}

/// The records of one column under one protocol, by method.
struct Part<'a> {
    methods: Vec<(&'a str, Vec<&'a SelectionRecord>)>,
}

impl<'a> Part<'a> {
    fn new(records: &[&'a SelectionRecord]) -> Self {
        let mut methods: Vec<(&str, Vec<&SelectionRecord>)> = Vec::new();
        for record in records {
            match methods.iter_mut().find(|(name, _)| *name == record.method) {
                Some((_, all)) => all.push(record),
                None => methods.push((&record.method, vec![record])),
            }
        }
        Self { methods }
    }

    fn column(&self) -> Result<TableColumn, EvalError> {
        let rows = self.methods.iter().map(|(name, of)| row(name, of));
        let rows: Vec<TableRow> = rows.collect::<Result<_, _>>()?;
        let (_, any) = &self.methods[0];
        let first = any[0];
        let runs: BTreeSet<&str> = any.iter().map(|record| &*record.run).collect();
        let main = self.main_figure();
        let best = rows
            .iter()
            .filter(|row| row.role == Role::Baseline)
            .filter_map(|row| Some((row, row.figures.get(main)?.value)))
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .map(|(row, _)| row.method.clone());
        Ok(TableColumn {
            pool: first.pool.clone(),
            column: first.column.clone(),
            protocol: first.protocol.clone(),
            targets: any.len(),
            runs: runs.len(),
            ceilings: ceilings(any),
            comparisons: self.comparisons(main)?,
            readings: readings(&self.methods)?,
            rows,
            best_baseline: best,
        })
    }

    /// The figure that decides: by style where all targets have one aspect, by aspects otherwise.
    fn main_figure(&self) -> &'static str {
        let mut records = self.methods.iter().flat_map(|(_, of)| of);
        match records.all(|record| record.aspects.len() == 1) {
            true => SAME_STYLE,
            false => ASPECT_F1,
        }
    }

    /// Ours beside every other method that is one.
    fn comparisons(&self, figure: &str) -> Result<Vec<TableComparison>, EvalError> {
        let ours = self.methods.iter().find(|(_, of)| of[0].role == Role::Ours);
        let Some((_, ours)) = ours else {
            return Ok(Vec::new());
        };
        let others = self.methods.iter().filter(|(_, of)| {
            matches!(
                of[0].role,
                Role::Control | Role::Baseline | Role::Variant | Role::Head
            )
        });
        others
            .map(|(name, other)| comparison(name, ours, other, figure))
            .collect()
    }
}

fn row(method: &str, records: &[&SelectionRecord]) -> Result<TableRow, EvalError> {
    let names: BTreeSet<&String> = records.iter().flat_map(|r| r.figures.keys()).collect();
    let mut figures = BTreeMap::new();
    for name in names {
        let values = records
            .iter()
            .filter_map(|r| Some((&*r.run, vec![*r.figures.get(name)?])));
        let values = Clustered::new(values);
        let interval = values.interval(|means| means[0])?;
        let figure = Figure {
            value: values.means()[0],
            low: interval.low,
            high: interval.high,
        };
        figures.insert(name.clone(), figure);
    }
    figures.extend(levels(records)?);
    Ok(TableRow {
        method: method.to_string(),
        role: records[0].role,
        seen: records[0].seen.clone(),
        figures,
        problems: records.iter().filter(|r| r.problem.is_some()).count(),
    })
}

/// Whether strengths follow levels, over the runs in which they can.
fn levels(records: &[&SelectionRecord]) -> Result<Vec<(String, Figure)>, EvalError> {
    const FEWEST: usize = 3;
    let runs = strengths(records).into_values();
    let runs: Vec<Vec<f64>> = runs.filter(|run| run.len() >= FEWEST).collect();
    if runs.is_empty() {
        return Ok(Vec::new());
    }
    let found = level_recovery(&runs)?;
    let named = [
        (LEVEL_SPEARMAN, found.spearman),
        (LEVEL_RANK_ERROR, found.rank_error),
    ];
    let figures = named.map(|(name, (value, interval))| {
        let figure = Figure {
            value,
            low: interval.low,
            high: interval.high,
        };
        (name.to_string(), figure)
    });
    Ok(figures.into())
}

fn ceilings(records: &[&SelectionRecord]) -> BTreeMap<String, f64> {
    let mut sums: BTreeMap<String, (f64, f64)> = BTreeMap::new();
    for (name, ceiling) in records.iter().flat_map(|record| &record.ceilings) {
        let (sum, count) = sums.entry(name.clone()).or_default();
        *sum += ceiling;
        *count += 1.0;
    }
    let mean = |(name, (sum, count)): (String, (f64, f64))| (name, sum / count);
    sums.into_iter().map(mean).collect()
}

/// Ours beside another, over the targets that both have.
fn comparison(
    name: &str,
    ours: &[&SelectionRecord],
    other: &[&SelectionRecord],
    figure: &str,
) -> Result<TableComparison, EvalError> {
    let theirs: BTreeMap<&str, f64> = other
        .iter()
        .filter_map(|record| Some((&*record.target, *record.figures.get(figure)?)))
        .collect();
    let paired = ours.iter().filter_map(|record| {
        let other = *theirs.get(&*record.target)?;
        let own = *record.figures.get(figure)?;
        let ceiling = record.ceilings.get(figure).copied().unwrap_or(1.0);
        Some((&*record.run, vec![own, other, ceiling]))
    });
    let paired = Clustered::new(paired);
    let difference = compare(&paired)?;
    let (removed, gain) = error_removed(&paired)?;
    Ok(TableComparison {
        other: name.to_string(),
        figure: figure.to_string(),
        difference: Figure {
            value: difference.difference,
            low: difference.low,
            high: difference.high,
        },
        p: difference.p,
        adjusted: difference.p,
        error_removed: removed.share.map(|value| Figure {
            value,
            low: removed.low,
            high: removed.high,
        }),
        relative_gain: gain.gain,
        possible_gain: gain.possible,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    fn record(method: &str, role: Role, run: usize, right: f64) -> SelectionRecord {
        SelectionRecord {
            pool: "pool".to_string(),
            column: "single aspect".to_string(),
            protocol: "other runs only".to_string(),
            method: method.to_string(),
            role,
            seen: None,
            target: format!("model {run}"),
            run: format!("run {run}"),
            aspects: vec!["warm".to_string()],
            level: 0,
            selected: Vec::new(),
            selected_styles: Vec::new(),
            figures: BTreeMap::from([(SAME_STYLE.to_string(), right)]),
            ceilings: BTreeMap::from([(SAME_STYLE.to_string(), 1.0)]),
            strength: None,
            found: Vec::new(),
            problem: None,
        }
    }

    #[test]
    fn ours_is_compared_with_all_others_and_the_best_baseline_is_named() {
        let mut records = Vec::new();
        for run in 0..10 {
            let share = |right: bool| f64::from(u8::from(right));
            records.push(record("chance", Role::Reference, run, 0.2));
            records.push(record("ours", Role::Ours, run, share(run != 0)));
            records.push(record("weak", Role::Baseline, run, share(run > 7)));
            records.push(record("strong", Role::Baseline, run, share(run > 4)));
            records.push(record("control", Role::Control, run, share(run > 1)));
        }
        let columns = table(&records).unwrap();
        let [column] = &columns[..] else {
            panic!("{columns:?}")
        };
        assert_eq!((column.targets, column.runs), (10, 10));
        assert_eq!(column.best_baseline.as_deref(), Some("strong"));
        assert_eq!(column.comparisons.len(), 3);
        let strong = &column.comparisons[1];
        assert!((strong.difference.value - 0.4).abs() < 1e-12);
        assert!((strong.error_removed.unwrap().value - 0.8).abs() < 1e-12);
        assert!((strong.relative_gain.unwrap() - 0.8).abs() < 1e-12);
        assert!((strong.possible_gain.unwrap() - 1.0).abs() < 1e-12);
        let weak = &column.comparisons[0];
        assert!(weak.p < strong.p && weak.adjusted == 3.0 * weak.p);
        assert_eq!(strong.adjusted, 2.0 * strong.p);
        // A control is compared, and no baseline.
        let control = &column.comparisons[2];
        assert!((control.difference.value - 0.1).abs() < 1e-12);
    }

    #[test]
    fn strengths_that_rise_with_levels_have_correlation_1() {
        let mut records: Vec<SelectionRecord> =
            (0..4).map(|_| record("ours", Role::Ours, 0, 1.0)).collect();
        for (level, record) in records.iter_mut().enumerate() {
            record.target = format!("level {level}");
            record.level = level;
            record.strength = Some([0.1, 0.2, 0.4, 0.9][level]);
        }
        records.reverse();
        let columns = table(&records).unwrap();
        let row = &columns[0].rows[0];
        assert_eq!(row.figures[LEVEL_SPEARMAN].value, 1.0);
        assert_eq!(row.figures[LEVEL_RANK_ERROR].value, 0.0);
    }

    #[test]
    fn several_columns_are_pooled_with_every_run_its_own() {
        let mut records: Vec<SelectionRecord> = (0..4)
            .map(|run| record("ours", Role::Ours, run, 1.0))
            .collect();
        let other = |record: &SelectionRecord| SelectionRecord {
            pool: "other pool".to_string(),
            ..record.clone()
        };
        records.extend(records.clone().iter().map(other));
        let columns = table(&records).unwrap();
        let pooled = columns.last().unwrap();
        assert_eq!((columns.len(), pooled.pool.as_str()), (3, POOLED));
        assert_eq!((pooled.targets, pooled.runs), (8, 8));
    }

    #[test]
    fn no_records_are_no_table() {
        assert!(table(&[]).unwrap().is_empty());
    }
}
