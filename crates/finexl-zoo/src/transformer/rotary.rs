//! Rotation of queries and keys by their place on a grid.
//!
//! Reference: timm 1.0 `RotaryEmbeddingCat` as EVA-02 uses it: half of the frequencies turn with the
//! row, half with the column, and neighbouring pairs of channels are rotated.

/// Angles of every patch; a class token before them stays as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Rotary {
    /// Rows before the first patch, not rotated.
    pub prefix: usize,
    /// Channels of one head.
    pub head: usize,
    /// `[patches, head / 2]`
    cosines: Vec<f32>,
    sines: Vec<f32>,
}

impl Rotary {
    /// Rotations for `side` x `side` patches, positions stretched to a grid of `reference` patches.
    pub fn grid(side: usize, reference: usize, head: usize, prefix: usize) -> Self {
        let bands: Vec<f32> = (0..head / 4)
            .map(|i| 1.0 / 10_000f32.powf(i as f32 / (head / 4) as f32))
            .collect();
        let place = |i: usize| i as f32 / side as f32 * reference as f32;
        let mut cosines = Vec::with_capacity(side * side * head / 2);
        let mut sines = Vec::with_capacity(side * side * head / 2);
        for y in 0..side {
            for x in 0..side {
                for position in [place(y), place(x)] {
                    for band in &bands {
                        cosines.push((position * band).cos());
                        sines.push((position * band).sin());
                    }
                }
            }
        }
        Self {
            prefix,
            head,
            cosines,
            sines,
        }
    }

    /// Rotates `channels`, whole heads, of the row at `place` in its sequence.
    pub(super) fn rotate(&self, channels: &mut [f32], place: usize) {
        let Some(patch) = place.checked_sub(self.prefix) else {
            return;
        };
        let half = self.head / 2;
        let span = patch * half..(patch + 1) * half;
        let (cosines, sines) = (&self.cosines[span.clone()], &self.sines[span]);
        for head in channels.chunks_exact_mut(self.head) {
            let pairs = head.as_chunks_mut::<2>().0.iter_mut();
            for ([a, b], (cosine, sine)) in pairs.zip(cosines.iter().zip(sines)) {
                (*a, *b) = (*a * cosine - *b * sine, *b * cosine + *a * sine);
            }
        }
    }
}
