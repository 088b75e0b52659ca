//! Maps a function over items on a few threads, keeping their order.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Applies `work` to each item on up to `jobs` threads; the results stand in the order of the items.
///
/// Each thread calls `start` once and hands its value to every call of `work`, so that costly
/// per-thread state (an object reader with its cache) is made once.
pub fn parallel_map<T, S, R>(
    items: &[T],
    jobs: usize,
    start: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, &T) -> R + Sync,
) -> Vec<R>
where
    T: Sync,
    R: Send,
{
    // Threads take runs of items, so that neighbours in a pack stay with one reader.
    const RUN: usize = 16;
    let threads = jobs.max(1).min(items.len().div_ceil(RUN));
    if threads <= 1 {
        let mut state = start();
        return items.iter().map(|item| work(&mut state, item)).collect();
    }
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Vec<R>)>> = Mutex::new(Vec::new());
    let run = || {
        let mut state = start();
        loop {
            let from = next.fetch_add(RUN, Ordering::Relaxed);
            if from >= items.len() {
                return;
            }
            let to = (from + RUN).min(items.len());
            let results = items[from..to].iter().map(|item| work(&mut state, item)).collect();
            done.lock().expect("no thread panics while it holds the list").push((from, results));
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(run);
        }
        run();
    });
    let mut runs = done.into_inner().expect("every thread has ended");
    runs.sort_unstable_by_key(|(from, _)| *from);
    runs.into_iter().flat_map(|(_, results)| results).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_the_order_of_the_items() {
        let items: Vec<usize> = (0..1000).collect();
        for jobs in [1, 2, 7] {
            let doubled = parallel_map(&items, jobs, || (), |(), item| item * 2);
            assert_eq!(doubled, items.iter().map(|item| item * 2).collect::<Vec<_>>());
        }
    }
}
