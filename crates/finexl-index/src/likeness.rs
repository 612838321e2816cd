//! Models by how alike they change pictures to one of them.

use crate::by_words::{Hit, best};
use crate::columns::{Fact, Number};
use crate::entry::Entry;
use crate::filters::Filters;
use crate::group_file::GroupFile;
use crate::rows::Row;
use half::f16;
use half::slice::{HalfBitsSliceExt, HalfFloatSliceExt};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Models that a thread takes at once.
const BLOCK: usize = 512;

/// A model that others are compared with.
#[derive(Clone, Debug)]
pub struct Target {
    mean: Vec<f32>,
    /// Profiles by the bytes of their images' fingerprints.
    profiles: BTreeMap<Vec<u8>, Vec<f32>>,
    /// Its own row, which is passed over.
    own: Option<usize>,
}

/// How profiles are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profiles {
    /// Pair by pair over the images of the base that both have, as `finexl similar` does.
    Pairs,
    /// Their means over pairs.
    Mean,
}

/// What came of a comparison.
#[derive(Clone, Debug)]
pub struct Alike {
    /// The most alike first; the cosine stands for both ends.
    pub hits: Vec<Hit>,
    /// Models that were compared.
    pub compared: usize,
    /// Models that have no image of the base in common with the target.
    pub apart: usize,
}

impl Target {
    /// A model of the group.
    pub fn row(file: &GroupFile, row: usize) -> Self {
        Self::of(Row::Kept(file, row), Some(row))
    }

    /// A model that need not be there; `own` is its row where it is.
    pub fn entry(entry: &Entry, own: Option<usize>) -> Self {
        Self::of(Row::New(entry), own)
    }

    fn of(row: Row<'_>, own: Option<usize>) -> Self {
        let widened = |profile: &[u16]| {
            let halves = profile.iter().map(|bits| f16::from_bits(*bits));
            halves.map(f16::to_f32).collect()
        };
        Self {
            mean: row.numbers(Number::Mean).to_vec(),
            profiles: (row.images().into_iter())
                .map(|(image, _, profile)| (image.to_vec(), widened(profile)))
                .collect(),
            own,
        }
    }

    /// Number of its images of the base.
    pub fn images(&self) -> usize {
        self.profiles.len()
    }

    /// Profiles of the target and of a model of the images that both have, `[n, N]` each, by fingerprint.
    pub fn common(&self, file: &GroupFile, row: usize) -> [Vec<f64>; 2] {
        let mut of_model: BTreeMap<&[u8], &[u16]> = BTreeMap::new();
        for place in file.places(row) {
            of_model.insert(file.image(place), file.profile(place));
        }
        let scale = f64::from(file.fact(Fact::ProfileScale, row));
        let mut found = [Vec::new(), Vec::new()];
        for (image, own) in &self.profiles {
            if let Some(profile) = of_model.get(image.as_slice()) {
                found[0].extend(own.iter().map(|value| f64::from(*value)));
                let values = profile
                    .iter()
                    .map(|bits| f16::from_bits(*bits).to_f64() * scale);
                found[1].extend(values);
            }
        }
        found
    }
}

/// The models of a group that the filters allow, the most alike first.
pub fn alike(
    file: &GroupFile,
    target: &Target,
    profiles: Profiles,
    filters: &Filters,
    top: usize,
) -> Alike {
    let rows: Vec<usize> = (0..file.len()).collect();
    let by_number = numbered(file, target);
    let size = target.mean.iter().map(|v| v * v).sum::<f32>().sqrt();
    let mut found: Vec<(usize, Option<f32>)> = (rows.par_chunks(BLOCK))
        .flat_map_iter(|rows| {
            let allowed = rows
                .iter()
                .filter(|row| Some(**row) != target.own && filters.allow(file, **row));
            let mut widened = vec![0.0; file.group().concepts.len()];
            let mut cosine = |row: usize| match profiles {
                Profiles::Mean => Some(cosine_of_means(file, &target.mean, size, row)),
                Profiles::Pairs => cosine_of_pairs(file, &by_number, row, &mut widened),
            };
            allowed.map(|row| (*row, cosine(*row))).collect::<Vec<_>>()
        })
        .collect();
    let all = found.len();
    found.retain(|(_, cosine)| cosine.is_some());
    let compared = found.len();
    let hit = |(row, cosine): (usize, Option<f32>)| {
        let value = cosine.unwrap_or_default();
        Hit {
            row,
            value,
            low: value,
            high: value,
        }
    };
    let mut hits: Vec<Hit> = found.into_iter().map(hit).collect();
    best(&mut hits, top);
    Alike {
        hits,
        compared,
        apart: all - compared,
    }
}

/// The target's profiles by the numbers that the file gives to images, with their squared lengths.
fn numbered<'a>(file: &GroupFile, target: &'a Target) -> Vec<Option<(&'a [f32], f32)>> {
    let profile = |image: &[u8]| {
        let profile = target.profiles.get(image)?.as_slice();
        Some((profile, profile.iter().map(|v| v * v).sum()))
    };
    file.images().map(profile).collect()
}

fn cosine_of_means(file: &GroupFile, mean: &[f32], size: f32, row: usize) -> f32 {
    let [product, square] = products(mean, file.mean(row));
    cosine(product.into(), f64::from(size * size), square.into())
}

/// Sums over the images that both have; nothing where there is none. `widened` is room for a profile in single precision.
fn cosine_of_pairs(
    file: &GroupFile,
    by_number: &[Option<(&[f32], f32)>],
    row: usize,
    widened: &mut [f32],
) -> Option<f32> {
    let mut sums = [0.0f64; 3];
    let mut common = false;
    for place in file.places(row) {
        let known = by_number.get(file.image_number(place) as usize);
        let Some((profile, own)) = known.copied().flatten() else {
            continue;
        };
        let bits = file.profile(place);
        if bits.len() != widened.len() {
            continue;
        }
        common = true;
        // By the processor's own instruction, where it has one.
        let halves: &[f16] = bits.reinterpret_cast();
        halves.convert_to_f32_slice(widened);
        let [product, square] = products(profile, widened);
        sums[0] += f64::from(product);
        sums[1] += f64::from(own);
        sums[2] += f64::from(square);
    }
    common.then(|| cosine(sums[0], sums[1], sums[2]))
}

fn cosine(product: f64, one: f64, other: f64) -> f32 {
    let size = (one * other).sqrt();
    if size == 0.0 {
        return 0.0;
    }
    (product / size).clamp(-1.0, 1.0) as f32
}

/// Sums of `x y` and of `y y`, eight at a time, so that they are computed side by side.
fn products(x: &[f32], y: &[f32]) -> [f32; 2] {
    const LANES: usize = 8;
    let (mut product, mut square) = ([0.0f32; LANES], [0.0f32; LANES]);
    let (x_blocks, x_rest) = x.as_chunks::<LANES>();
    let (y_blocks, y_rest) = y.as_chunks::<LANES>();
    for (x, y) in x_blocks.iter().zip(y_blocks) {
        for lane in 0..LANES {
            product[lane] += x[lane] * y[lane];
            square[lane] += y[lane] * y[lane];
        }
    }
    for (lane, (x, y)) in x_rest.iter().zip(y_rest).enumerate() {
        product[lane] += x * y;
        square[lane] += y * y;
    }
    [product.iter().sum(), square.iter().sum()]
}
