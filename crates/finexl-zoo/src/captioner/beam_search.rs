//! Beam search for a likely sequence.

/// A sequence so far.
#[derive(Clone, Debug)]
struct Beam {
    tokens: Vec<u32>,
    /// Its log-probability.
    score: f64,
}

/// The likeliest sequence from `start` to `end` that is found when only `width` (at least 1) unfinished
/// ones are followed; its tokens, start and end included. Where none ends within `longest` tokens, the
/// likeliest unfinished one.
///
/// `next` gives the log-probabilities of all tokens behind each sequence. Tokens below `end` are never
/// chosen.
///
/// # Errors
/// Those of `next`.
pub(super) fn beam_search<E>(
    [start, end]: [u32; 2],
    width: usize,
    longest: usize,
    mut next: impl FnMut(&[Vec<u32>]) -> Result<Vec<Vec<f32>>, E>,
) -> Result<Vec<u32>, E> {
    let mut open = vec![Beam {
        tokens: vec![start],
        score: 0.0,
    }];
    let mut finished: Option<Beam> = None;
    while open.first().is_some_and(|beam| beam.tokens.len() < longest) {
        let sequences: Vec<Vec<u32>> = open.iter().map(|beam| beam.tokens.clone()).collect();
        let mut longer = longer_by_one(&open, &next(&sequences)?, end);
        longer.truncate(width.max(1));
        open.clear();
        for beam in longer {
            if beam.tokens.last() != Some(&end) {
                open.push(beam);
            } else if finished.as_ref().is_none_or(|f| f.score < beam.score) {
                finished = Some(beam);
            }
        }
        // A sequence never gets likelier.
        if let Some(finished) = &finished {
            open.retain(|beam| beam.score > finished.score);
        }
    }
    let best = finished.or_else(|| open.into_iter().next());
    Ok(best.map_or(vec![start], |beam| beam.tokens))
}

/// All sequences with one token more, likeliest first; of equal ones the earlier token.
fn longer_by_one(open: &[Beam], next: &[Vec<f32>], first: u32) -> Vec<Beam> {
    let mut candidates: Vec<(usize, u32, f64)> = Vec::new();
    for (index, (beam, next)) in open.iter().zip(next).enumerate() {
        let tokens = (0u32..).zip(next).skip(first as usize);
        candidates.extend(tokens.map(|(token, p)| (index, token, beam.score + f64::from(*p))));
    }
    candidates.sort_by(|a, b| b.2.total_cmp(&a.2));
    let beams = candidates.into_iter().map(|(index, token, score)| Beam {
        tokens: [&open[index].tokens[..], &[token]].concat(),
        score,
    });
    beams.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    /// Start 1, end 2: the likeliest first word leads to an unlikely end.
    fn next(sequences: &[Vec<u32>]) -> Result<Vec<Vec<f32>>, Infallible> {
        let rows = sequences.iter().map(|sequence| {
            let shares: [f32; 5] = match sequence[..] {
                [1] => [0.0, 0.0, 0.1, 0.5, 0.4],
                [1, 3] => [0.0, 0.0, 0.3, 0.3, 0.4],
                [1, 4] => [0.0, 0.0, 0.9, 0.1, 0.0],
                _ => [0.0, 0.0, 0.2, 0.4, 0.4],
            };
            shares.map(f32::ln).to_vec()
        });
        Ok(rows.collect())
    }

    #[test]
    fn more_beams_find_likelier_sequences() {
        let found = |width, longest| match beam_search([1, 2], width, longest, next) {
            Ok(tokens) => tokens,
            Err(never) => match never {},
        };
        assert_eq!(found(2, 10), [1, 4, 2]);
        // One beam takes the first words 3 and 4 and then never the end.
        assert_eq!(found(1, 4), [1, 3, 4, 3]);
        assert_eq!(found(3, 1), [1]);
    }
}
