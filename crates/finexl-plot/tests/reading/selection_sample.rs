//! Made-up results of model selection: two pools, 8 styles with 2 seeds at 8 levels, 12 methods.

use finexl_core::selection::{
    ASPECT_F1, CHANCE, Figure, LEVEL_WITHIN_ONE, LPIPS, ORACLE, OTHER_RUNS, Role, SAME_STYLE,
    SelectionRecord, TableColumn, TableComparison, TableRow,
};
use std::collections::BTreeMap;

/// The row of the default method.
pub const OURS: &str = "profile of explain";

const STYLES: [&str; 8] = [
    "blurry",
    "dark",
    "grainy",
    "mosaic",
    "neon",
    "pixelated",
    "sepia",
    "warm",
];
const LEVELS: usize = 8;
/// Name, role, and how often it is right at a middle level.
const METHODS: [(&str, Role, f64); 12] = [
    (CHANCE, Role::Reference, 0.12),
    (ORACLE, Role::Reference, 1.0),
    (OURS, Role::Ours, 0.86),
    ("paper", Role::Variant, 0.31),
    ("lsq", Role::Variant, 0.55),
    ("subspace-nnls", Role::Variant, 0.78),
    ("naive", Role::Baseline, 0.52),
    ("gsclip", Role::Baseline, 0.44),
    (
        "visdiff (difference of means), our directions",
        Role::Baseline,
        0.61,
    ),
    ("splice", Role::Baseline, 0.35),
    ("nearest neighbour (raw divergence)", Role::Control, 0.72),
    ("random", Role::Baseline, 0.11),
];

/// Tables and records of the whole experiment.
pub fn selection() -> (Vec<TableColumn>, Vec<SelectionRecord>) {
    let mut records = Vec::new();
    for pool in ["diffusion", "autoregressive"] {
        for protocol in [OTHER_RUNS, "any other model"] {
            for (method, role, right) in METHODS {
                records.extend(answers(pool, protocol, method, role, right));
            }
        }
    }
    (tables(&records), records)
}

fn answers(
    pool: &str,
    protocol: &str,
    method: &str,
    role: Role,
    right: f64,
) -> Vec<SelectionRecord> {
    let mut records = Vec::new();
    for (place, style) in STYLES.iter().enumerate() {
        for seed in 0..2 {
            for level in 0..LEVELS {
                let target = format!("{style}-{seed}-{:04}", 30 * (level + 1));
                let draw = |what: &str| draw(&[pool, protocol, method, &target, what]);
                let easier = if protocol == OTHER_RUNS { 0.0 } else { 0.1 };
                let slope = 0.06 * (level as f64 - 3.5) * f64::from(u8::from(right < 0.99));
                let share = match method {
                    CHANCE => right,
                    _ => f64::from(u8::from(draw("right") < right + easier + slope)),
                };
                let other = (place + 1 + (draw("which") * 2.5) as usize) % STYLES.len();
                let selected = if share > 0.5 { *style } else { STYLES[other] };
                let distance = 0.34 - 0.16 * share + 0.04 * draw("distance");
                let figures = [
                    (SAME_STYLE, share),
                    (ASPECT_F1, share),
                    (LEVEL_WITHIN_ONE, f64::from(u8::from(draw("level") < 0.5))),
                    (LPIPS, distance),
                    ("judge distance", 2.0 * distance),
                ];
                let named = |(name, value): (&str, f64)| (name.to_string(), value);
                let ceilings = [(SAME_STYLE, 1.0), (ASPECT_F1, 1.0), (LEVEL_WITHIN_ONE, 1.0)];
                let failed = method == "gsclip" && seed == 1 && level == 0;
                records.push(SelectionRecord {
                    pool: pool.to_string(),
                    column: "single aspect, 8 levels".to_string(),
                    protocol: protocol.to_string(),
                    method: method.to_string(),
                    role,
                    seen: None,
                    run: format!("{style}-{seed}"),
                    aspects: vec![style.to_string()],
                    level,
                    selected: vec![format!("{selected}-{}-0120", 1 - seed)],
                    selected_styles: vec![selected.to_string()],
                    figures: figures.map(named).into(),
                    ceilings: ceilings.map(named).into(),
                    strength: None,
                    found: Vec::new(),
                    problem: failed.then(|| "none of the answers could be read".to_string()),
                    target,
                });
            }
        }
    }
    records
}

/// Means with made-up intervals.
fn tables(records: &[SelectionRecord]) -> Vec<TableColumn> {
    let mut columns: Vec<TableColumn> = Vec::new();
    for part in records.chunk_by(|a, b| (&a.pool, &a.protocol) == (&b.pool, &b.protocol)) {
        let methods = part.chunk_by(|a, b| a.method == b.method);
        let rows: Vec<TableRow> = methods.map(row).collect();
        let of = |method: &str| rows.iter().find(|row| row.method == method).unwrap();
        let ours = of(OURS).figures[SAME_STYLE].value;
        let others = rows
            .iter()
            .filter(|r| matches!(r.role, Role::Variant | Role::Control | Role::Baseline));
        let comparisons = others.map(|row| {
            let theirs = row.figures[SAME_STYLE].value;
            let p = if ours - theirs > 0.15 { 0.0004 } else { 0.21 };
            TableComparison {
                other: row.method.clone(),
                figure: SAME_STYLE.to_string(),
                difference: around(ours - theirs, 0.08),
                p,
                adjusted: (3.0 * p).min(1.0),
                error_removed: Some(around(1.0 - (1.0 - ours) / (1.0 - theirs), 0.21)),
                relative_gain: Some(ours / theirs - 1.0),
                possible_gain: Some(1.0 / theirs - 1.0),
            }
        });
        columns.push(TableColumn {
            pool: part[0].pool.clone(),
            column: part[0].column.clone(),
            protocol: part[0].protocol.clone(),
            targets: STYLES.len() * 2 * LEVELS,
            runs: STYLES.len() * 2,
            ceilings: part[0].ceilings.clone(),
            comparisons: comparisons.collect(),
            readings: Vec::new(),
            best_baseline: Some("visdiff (difference of means), our directions".to_string()),
            rows,
        });
    }
    columns
}

fn row(records: &[SelectionRecord]) -> TableRow {
    let names = records[0].figures.keys();
    let figures = names.map(|name| {
        let sum: f64 = records.iter().map(|record| record.figures[name]).sum();
        let mean = sum / records.len() as f64;
        (name.clone(), around(mean, 0.15 * mean * (1.1 - mean)))
    });
    TableRow {
        method: records[0].method.clone(),
        role: records[0].role,
        seen: None,
        figures: figures.collect::<BTreeMap<_, _>>(),
        problems: records.iter().filter(|r| r.problem.is_some()).count(),
    }
}

fn around(value: f64, half: f64) -> Figure {
    Figure {
        value,
        low: value - half,
        high: (value + half).min(value.max(1.0)),
    }
}

/// A number in [0, 1) that belongs to some words (FNV-1a, mixed once more).
fn draw(words: &[&str]) -> f64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in words.join("\n").bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (hash >> 11) as f64 / (1_u64 << 53) as f64
}
