//! Digests the content of many blobs: in the order in which they lie, on several threads, with bounded memory.
//!
//! Neither the order nor the number of threads shows in the result, nor in which error is told.

use std::ops::{ControlFlow, Range};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::base::{CancelToken, QuickMap};
use crate::git::{self, BlobReader, Names, Repository};
use crate::hash::{ContentDigest, ContentHasher, ManyHasher};
use crate::model::ObjectId;

/// Size and digests of each blob.
pub(super) type Blobs = QuickMap<ObjectId, (u64, ContentDigest)>;

/// How blobs are read and digested.
pub(super) struct Reading<'a> {
    /// How many threads read and digest.
    pub(super) jobs: usize,
    /// Whether names are computed again.
    pub(super) names: Names,
    /// Stops the work between two blobs, and within one that is streamed; counts the bytes of each.
    pub(super) cancel: &'a CancelToken,
}

/// Why there are no digests.
#[derive(Debug)]
pub(super) enum Failed {
    /// It was asked to stop.
    Cancelled,
    /// A blob cannot be read.
    Unreadable {
        /// Which one.
        id: ObjectId,
        /// Why.
        source: git::Error,
    },
}

/// From this size on a blob is taken before all smaller ones, so that no thread ends with it alone.
const LARGE: u64 = 1 << 20;

/// A larger blob is never held whole.
const HELD: u64 = 32 << 20;

/// What all threads together spend on bases of deltas, and the least that one gets.
const CACHE: usize = 32 << 20;
const LEAST_CACHE: usize = 8 << 20;

/// So few small blobs are read sooner than a second thread begins.
const FEW: usize = 32;

/// How many small blobs a thread takes at once: neighbours share bases, and none of the threads ends much later.
const MOST_AT_ONCE: usize = 256;

/// Digests each blob once; equal ids are one blob.
///
/// Nothing is fetched in a partial clone. Each thread holds a few blobs that together pass 8 MiB by at most one of
/// 32 MiB; a larger one is streamed. What is stored as a small delta is held whole, whatever its size.
pub(super) fn digest_blobs(
    repository: &Repository,
    ids: Vec<ObjectId>,
    options: &Reading<'_>,
) -> Result<Blobs, Failed> {
    digest_held(repository, ids, options, HELD)
}

fn digest_held(
    repository: &Repository,
    mut ids: Vec<ObjectId>,
    options: &Reading<'_>,
    held: u64,
) -> Result<Blobs, Failed> {
    ids.sort_unstable();
    ids.dedup();
    let work = Work::new(repository, ids, options, held);
    let few = work.order.large.is_empty() && work.order.rest.len() <= FEW;
    let threads = if few { 1 } else { options.jobs.max(1).min(work.tasks()) };
    let cache = (CACHE / threads.max(1)).max(LEAST_CACHE);
    let done = Mutex::new(Blobs::default());
    let run = || {
        let blobs = work.run(cache);
        done.lock().expect("no thread panics while it holds the digests").extend(blobs);
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(run);
        }
        run();
    });
    if options.cancel.is_cancelled() {
        return Err(Failed::Cancelled);
    }
    match work.failed.into_inner().expect("no thread panics while it holds the failure") {
        Some((_, id, source)) => Err(Failed::Unreadable { id, source }),
        None => Ok(done.into_inner().expect("every thread has ended")),
    }
}

/// What the threads share: a row of tasks, taken from the front.
struct Work<'a> {
    repository: &'a Repository,
    options: &'a Reading<'a>,
    order: git::ReadingOrder,
    /// Where most of them lie; few are sooner read from where everything else is.
    packs: Option<git::Packs>,
    /// The size above which a blob is streamed.
    held: u64,
    at_once: usize,
    next: AtomicUsize,
    /// No task behind this one is begun.
    last: AtomicUsize,
    /// The failure of the first task that has one.
    failed: Mutex<Option<(usize, ObjectId, git::Error)>>,
}

impl<'a> Work<'a> {
    fn new(repository: &'a Repository, ids: Vec<ObjectId>, options: &'a Reading<'a>, held: u64) -> Self {
        let packs = (ids.len() > FEW).then(|| repository.packs());
        let order = repository.reading_order(ids, LARGE.min(held), packs.as_ref());
        let at_once = (order.rest.len() / (options.jobs.max(1) * 16)).clamp(1, MOST_AT_ONCE);
        Self {
            repository,
            options,
            order,
            packs,
            held,
            at_once,
            next: AtomicUsize::new(0),
            last: AtomicUsize::new(usize::MAX),
            failed: Mutex::new(None),
        }
    }

    /// One task for each large blob, and one for each run of others.
    fn tasks(&self) -> usize {
        self.order.large.len() + self.order.rest.len().div_ceil(self.at_once)
    }

    /// Returns the small blobs of a task.
    fn run_of(&self, task: usize) -> Range<usize> {
        let from = (task - self.order.large.len()) * self.at_once;
        from..(from + self.at_once).min(self.order.rest.len())
    }

    /// Takes tasks until none is left or one failed.
    fn run(&self, cache: usize) -> Vec<(ObjectId, (u64, ContentDigest))> {
        let mut thread = Thread {
            work: self,
            reader: self
                .repository
                .blob_reader(self.options.names, self.packs.as_ref().map(|packs| (packs, cache))),
            hasher: ManyHasher::new(),
            streamed: Vec::new(),
        };
        loop {
            let task = self.next.fetch_add(1, Ordering::Relaxed);
            if task >= self.tasks() || task > self.last.load(Ordering::Relaxed) {
                break;
            }
            if let Err(failed) = thread.take(task) {
                self.fail(task, failed);
            }
        }
        let digested = thread.hasher.finish().into_iter().map(|done| (done.tag, (done.length, done.digest)));
        digested.chain(thread.streamed).collect()
    }

    /// Notes a failure. Tasks before it were begun before it, so the first one is always found.
    fn fail(&self, task: usize, failed: Failed) {
        self.last.fetch_min(task, Ordering::Relaxed);
        if let Failed::Unreadable { id, source } = failed {
            let mut first = self.failed.lock().expect("no thread panics while it holds the failure");
            if first.as_ref().is_none_or(|(earlier, ..)| task < *earlier) {
                *first = Some((task, id, source));
            }
        }
    }
}

/// What one thread has of its own.
struct Thread<'a> {
    work: &'a Work<'a>,
    reader: BlobReader<'a>,
    hasher: ManyHasher<ObjectId>,
    /// The blobs that went past the hasher.
    streamed: Vec<(ObjectId, (u64, ContentDigest))>,
}

impl Thread<'_> {
    fn take(&mut self, task: usize) -> Result<(), Failed> {
        let work = self.work;
        match work.order.large.get(task) {
            Some((id, size)) if *size > work.held => self.stream(*id),
            Some((id, _)) => self.hold(*id),
            None => work.order.rest[work.run_of(task)].iter().try_for_each(|id| self.hold(*id)),
        }
    }

    fn hold(&mut self, id: ObjectId) -> Result<(), Failed> {
        if self.work.options.cancel.is_cancelled() {
            return Err(Failed::Cancelled);
        }
        let mut buffer = self.hasher.buffer();
        self.reader.read(id, &mut buffer).map_err(|source| Failed::Unreadable { id, source })?;
        self.work.options.cancel.progress().count_object(buffer.len() as u64);
        self.hasher.push(id, buffer);
        Ok(())
    }

    fn stream(&mut self, id: ObjectId) -> Result<(), Failed> {
        let Reading { names, cancel, .. } = self.work.options;
        let mut hasher = ContentHasher::default();
        let size = self.work.repository.stream_blob(id, *names, |piece| {
            hasher.update(piece);
            cancel.progress().count_bytes(piece.len() as u64);
            if cancel.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        match size {
            Ok(Some(size)) => {
                cancel.progress().count_object(0);
                self.streamed.push((id, (size, hasher.finish())));
                Ok(())
            }
            Ok(None) => Err(Failed::Cancelled),
            Err(source) => Err(Failed::Unreadable { id, source }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::git::testing::Sandbox;

    /// Files of many sizes, and their content by blob.
    fn sandbox() -> (Sandbox, HashMap<ObjectId, Vec<u8>>) {
        let mut sandbox = Sandbox::new();
        let content = |at: usize| format!("{at} ").repeat(at * at % 997).into_bytes();
        for at in 0..120 {
            sandbox = sandbox.file(&format!("d{}/f{at}", at % 7), content(at));
        }
        let sandbox = sandbox.commit("first");
        let listed = sandbox.git(&["ls-tree", "-r", "HEAD"]);
        let blobs = listed.lines().map(|line| {
            let (id, path) = line.split_once(' ').unwrap().1[5..].split_once('\t').unwrap();
            (id.parse().unwrap(), std::fs::read(sandbox.path().join(path)).unwrap())
        });
        let blobs = blobs.collect();
        (sandbox, blobs)
    }

    fn options(jobs: usize, cancel: &CancelToken) -> Reading<'_> {
        Reading { jobs, names: Names::Verified, cancel }
    }

    #[test]
    fn neither_threads_nor_streams_nor_packs_show() {
        let (sandbox, contents) = sandbox();
        let expected: Blobs = contents
            .iter()
            .map(|(id, content)| (*id, (content.len() as u64, ContentDigest::of(content))))
            .collect();
        for packed in [false, true] {
            if packed {
                sandbox.git(&["repack", "-adq"]);
            }
            for (jobs, held) in [(1, HELD), (2, HELD), (7, HELD), (2, 2_000)] {
                let cancel = CancelToken::default();
                let mut ids: Vec<ObjectId> = contents.keys().copied().collect();
                ids.extend_from_within(..9);
                let found = digest_held(&sandbox.open(), ids, &options(jobs, &cancel), held);
                assert_eq!(found.unwrap(), expected, "{jobs} threads, {held} bytes held, packed {packed}");
                let bytes: usize = contents.values().map(Vec::len).sum();
                let counted = (cancel.progress().objects(), cancel.progress().bytes());
                assert_eq!(counted, (contents.len() as u64, bytes as u64));
            }
        }
    }

    #[test]
    fn of_several_unreadable_blobs_the_first_is_told() {
        let (sandbox, contents) = sandbox();
        let mut ids: Vec<ObjectId> = contents.keys().copied().collect();
        let absent = [3, 1, 2].map(|byte| ObjectId::from_bytes(&[byte; 20]).unwrap());
        ids.extend(absent);
        for jobs in [1, 2, 7] {
            let cancel = CancelToken::default();
            let failed = digest_blobs(&sandbox.open(), ids.clone(), &options(jobs, &cancel));
            match failed.unwrap_err() {
                Failed::Unreadable { id, source: git::Error::MissingObject { .. } } => {
                    assert_eq!(id, absent[1]);
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn nothing_to_read_gives_nothing_and_a_cancelled_reading_stops() {
        let (sandbox, contents) = sandbox();
        let cancel = CancelToken::default();
        let none = digest_blobs(&sandbox.open(), Vec::new(), &options(2, &cancel)).unwrap();
        assert!(none.is_empty());
        cancel.cancel();
        for held in [HELD, 10] {
            let ids = contents.keys().copied().collect();
            let failed = digest_held(&sandbox.open(), ids, &options(2, &cancel), held);
            assert!(matches!(failed, Err(Failed::Cancelled)));
        }
    }
}
