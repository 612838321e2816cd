//! Tensors under another name, or parts of them.

use super::precision::Precision;
use super::reading::{Checkpoint, Entry, Place, checked_count, damaged};
use crate::ZooError;
use std::collections::BTreeMap;

/// What is to be seen of a stored tensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// The name that it is taken by.
    pub name: String,
    /// Its shape, before rows and columns are exchanged.
    pub shape: Vec<usize>,
    /// Numbers of the stored tensor before its first.
    pub offset: usize,
    /// Whether it is taken with rows and columns exchanged, `[columns, rows]`.
    pub transposed: bool,
}

impl View {
    /// All of a tensor under another name.
    pub fn renamed(name: impl Into<String>, shape: &[usize]) -> Self {
        Self {
            name: name.into(),
            shape: shape.to_vec(),
            offset: 0,
            transposed: false,
        }
    }

    /// All of a matrix, with rows and columns exchanged.
    pub fn turned(name: impl Into<String>, shape: &[usize]) -> Self {
        Self {
            transposed: true,
            ..Self::renamed(name, shape)
        }
    }
}

impl Checkpoint {
    /// The precision that most numbers are stored in, as a person calls it.
    pub fn precision(&self) -> &'static str {
        let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
        for entry in self.entries.values() {
            if let (Some(precision), Some(count)) = (entry.precision, checked_count(&entry.shape)) {
                let all = counts.entry(precision.name()).or_default();
                *all = all.saturating_add(count as u64);
            }
        }
        let most = counts.into_iter().max_by_key(|(_, count)| *count);
        most.map_or("f32", |(name, _)| name)
    }

    /// Bytes of all tensors of floating-point numbers, as they are stored.
    pub fn numbers_bytes(&self) -> u64 {
        self.summed(|precision| precision.bytes() as u64)
    }

    /// How many floating-point numbers there are.
    pub fn numbers(&self) -> u64 {
        self.summed(|_| 1)
    }

    /// The sum over all floating-point numbers of what each counts.
    fn summed(&self, each: impl Fn(Precision) -> u64) -> u64 {
        let all = self.entries.values().map(|entry| {
            let count = checked_count(&entry.shape).unwrap_or(0) as u64;
            count.saturating_mul(entry.precision.map_or(0, &each))
        });
        all.fold(0, u64::saturating_add)
    }

    /// The same files under other names: every tensor becomes what `views` says of its name and shape, which may be
    /// nothing. Views of floating-point tensors may be parts of what is stored.
    ///
    /// # Errors
    /// [`ZooError::Weights`] for two views of one name, or one that ends behind its tensor.
    pub fn viewed(
        &self,
        mut views: impl FnMut(&str, &[usize]) -> Vec<View>,
    ) -> Result<Self, ZooError> {
        let mut viewed = Self::empty(&self.path);
        viewed.files = self.files.clone();
        viewed.stored = self.stored;
        viewed.told = self.told;
        for (name, entry) in &self.entries {
            for view in views(name, &entry.shape) {
                let part = part_of(entry, &view).ok_or_else(|| {
                    let problem = format!(
                        "tensor {name} has the shape {:?}, which holds no {:?}",
                        entry.shape, view.shape
                    );
                    damaged(&self.path, problem)
                })?;
                if viewed.entries.insert(view.name.clone(), part).is_some() {
                    let problem = format!("two of its tensors are {}", view.name);
                    return Err(damaged(&self.path, problem));
                }
            }
        }
        Ok(viewed)
    }
}

/// A view as an entry of its own, where the tensor holds it.
fn part_of(entry: &Entry, view: &View) -> Option<Entry> {
    let (all, count) = (checked_count(&entry.shape)?, checked_count(&view.shape)?);
    let whole = view.offset == 0 && count == all;
    if view.offset.checked_add(count)? > all || (view.transposed && view.shape.len() != 2) {
        return None;
    }
    let place = match (&entry.place, entry.precision) {
        (place, _) if whole => place.clone(),
        (Place::File { file, start }, Some(precision)) => Place::File {
            file: *file,
            start: start + (view.offset * precision.bytes()) as u64,
        },
        (Place::Pickle { tensor, part }, Some(precision)) => Place::Pickle {
            tensor: tensor.clone(),
            part: Some(part.unwrap_or(0) + view.offset * precision.bytes()),
        },
        _ => return None,
    };
    let mut shape = view.shape.clone();
    if view.transposed {
        shape.reverse();
    }
    Some(Entry {
        shape,
        precision: entry.precision,
        transposed: view.transposed,
        place,
    })
}
