//! Texts as a tree of tokens: what texts share at their beginning is computed once.
//!
//! Under causal attention a token depends on the tokens before it only. Texts that begin alike, as
//! "a red apple, vivid style" and "a red apple, bold style" do, therefore share keys, values and
//! everything else of their common tokens. All texts together are a tree; every node is one row,
//! computed once, which attends to its ancestors. Nothing behind an end token exists.

use crate::transformer::Paths;

/// Rows of one pass; a text that does not fit anymore begins the next.
const MOST_ROWS: usize = 2048;

/// A part of the tree that goes through the tower at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeBatch {
    /// Token of every row.
    pub tokens: Vec<u32>,
    /// Place of every row in its texts.
    pub positions: Vec<usize>,
    /// Which rows a row attends to.
    pub paths: Paths,
    /// Pairs of a text and the row of its last token.
    pub ends: Vec<(usize, usize)>,
}

impl TreeBatch {
    fn new() -> Self {
        Self {
            tokens: Vec::new(),
            positions: Vec::new(),
            paths: Paths::new(),
            ends: Vec::new(),
        }
    }
}

/// Cuts token sequences (none empty) into trees of at most `MOST_ROWS` rows, or one text where that
/// is longer.
pub fn tree_batches(sequences: &[Vec<u32>]) -> Vec<TreeBatch> {
    let mut order: Vec<usize> = (0..sequences.len()).collect();
    // Sorted, texts with a common beginning are neighbours.
    order.sort_by(|a, b| sequences[*a].cmp(&sequences[*b]));
    let mut batches = Vec::new();
    let mut batch = TreeBatch::new();
    // Tokens and rows of the last text.
    let mut tokens: &[u32] = &[];
    let mut rows: Vec<usize> = Vec::new();
    for index in order {
        let sequence = &sequences[index];
        let mut shared = common(tokens, sequence);
        if !batch.ends.is_empty() && batch.tokens.len() + sequence.len() - shared > MOST_ROWS {
            batches.push(std::mem::replace(&mut batch, TreeBatch::new()));
            shared = 0;
        }
        rows.truncate(shared);
        for (position, token) in sequence.iter().enumerate().skip(shared) {
            batch.paths.push(&rows);
            rows.push(batch.tokens.len());
            batch.tokens.push(*token);
            batch.positions.push(position);
        }
        if let Some(end) = rows.last() {
            batch.ends.push((index, *end));
        }
        tokens = sequence;
    }
    if !batch.ends.is_empty() {
        batches.push(batch);
    }
    batches
}

/// Number of tokens that two sequences share at their beginning.
fn common(a: &[u32], b: &[u32]) -> usize {
    a.iter().zip(b).take_while(|(x, y)| x == y).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_beginnings_are_one_branch() {
        let texts = vec![
            vec![1, 5, 6, 9],
            vec![1, 5, 9],
            vec![1, 5, 6, 9],
            vec![1, 7, 9],
        ];
        let batches = tree_batches(&texts);
        assert_eq!(batches.len(), 1);
        let batch = &batches[0];
        // 1, 5, 6, 9 of the first text, 9 of the second, 7 and 9 of the last.
        assert_eq!(batch.tokens.len(), 7);
        for (text, end) in &batch.ends {
            let path = batch.paths.path(*end);
            let tokens: Vec<u32> = path.iter().map(|row| batch.tokens[*row]).collect();
            assert_eq!(tokens, texts[*text]);
            for (position, row) in path.iter().enumerate() {
                assert_eq!(batch.positions[*row], position);
            }
        }
        assert_eq!(batch.ends.len(), texts.len());
    }

    #[test]
    fn batches_are_bounded_and_hold_every_text() {
        let texts: Vec<Vec<u32>> = (0..3000u32)
            .map(|i| vec![1, 2, 3, i % 1000 + 10, i])
            .collect();
        let batches = tree_batches(&texts);
        assert!(batches.len() > 1);
        let mut seen: Vec<usize> = Vec::new();
        for batch in &batches {
            assert!(batch.tokens.len() <= MOST_ROWS);
            assert_eq!(batch.tokens.len(), batch.paths.len());
            seen.extend(batch.ends.iter().map(|(text, _)| *text));
        }
        seen.sort_unstable();
        assert_eq!(seen, (0..texts.len()).collect::<Vec<_>>());
    }
}
