//! Preparing the next block while the last one is worked on.

use std::sync::mpsc::sync_channel;

/// Calls `prepare` for every block, in order and on a thread of its own, and `consume` with what it
/// gave, in the same order. At most three blocks exist at a time: one being prepared, one waiting,
/// one being consumed.
///
/// # Errors
/// The first that `consume` returns; nothing is consumed after it.
pub fn overlapped<I: Sync, T: Send, E>(
    blocks: &[I],
    prepare: impl Fn(usize, &I) -> T + Send,
    mut consume: impl FnMut(usize, T) -> Result<(), E>,
) -> Result<(), E> {
    std::thread::scope(|scope| {
        let (sender, receiver) = sync_channel(1);
        scope.spawn(move || {
            for (index, block) in blocks.iter().enumerate() {
                // Nobody listens anymore after an error.
                if sender.send(prepare(index, block)).is_err() {
                    return;
                }
            }
        });
        let mut blocks = receiver.into_iter().enumerate();
        blocks.try_for_each(|(index, prepared)| consume(index, prepared))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_come_in_order_and_an_error_ends_it() {
        let blocks: Vec<usize> = (0..50).collect();
        let mut seen = Vec::new();
        let done: Result<(), ()> = overlapped(
            &blocks,
            |index, block| index * 100 + block,
            |_, value| {
                seen.push(value);
                Ok(())
            },
        );
        assert_eq!(done, Ok(()));
        assert_eq!(seen, (0..50).map(|i| i * 101).collect::<Vec<_>>());
        let stopped = overlapped(
            &blocks,
            |_, block| *block,
            |_, value| if value == 7 { Err(value) } else { Ok(()) },
        );
        assert_eq!(stopped, Err(7));
    }
}
