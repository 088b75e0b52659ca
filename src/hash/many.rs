//! Digests many messages at once: what a processor computes side by side costs little more than one alone.
//!
//! Which lane or backend computes a digest never shows in it.

use super::backend::Backend;
use super::content_digest::ContentDigest;
use super::lanes::Lanes;
use super::pairs::PairHasher;
use super::sha3_512;

/// Digests each message with both algorithms; the digests stand in the order of the messages.
#[must_use]
pub fn digest_all(messages: &[&[u8]]) -> Vec<ContentDigest> {
    digest_on(Backend::detected(), messages.iter().map(|message| (*message, *message)))
}

pub(super) fn digest_on<'a>(
    backend: Backend,
    pairs: impl Iterator<Item = (&'a [u8], &'a [u8])>,
) -> Vec<ContentDigest> {
    let mut hasher = PairHasher::with_backend(backend);
    pairs.for_each(|(first, second)| hasher.push(&[first], &[second]));
    hasher.take()
}

/// A message whose digests are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished<T> {
    /// What [`ManyHasher::push`] was given beside the message.
    pub tag: T,
    /// The message's length in bytes.
    pub length: u64,
    /// Its digests.
    pub digest: ContentDigest,
}

/// Digests messages that come one after another, several of them at a time.
///
/// At most one message for each lane of its backend (eight) is held, and of those that together pass 8 MiB only one;
/// buffers come back through [`Self::buffer`].
pub struct ManyHasher<T> {
    /// `None`: one message after another.
    lanes: Option<Lanes<Waiting<T>, Vec<u8>>>,
    /// How many bytes lanes may hold before nothing more is taken in.
    most: usize,
    results: Results<T>,
}

/// What is known of a message while its lane computes.
struct Waiting<T> {
    tag: T,
    blake3: [u8; 32],
}

/// What came out of the lanes.
struct Results<T> {
    finished: Vec<Finished<T>>,
    idle: Vec<Vec<u8>>,
    /// Bytes in the messages that went in and did not come out.
    held: usize,
}

/// What a queue holds at most, in bytes, unless it is one message that is larger.
const HELD: usize = 8 << 20;

/// The largest buffer that is kept for the next message.
const IDLE: usize = 1 << 20;

impl<T> ManyHasher<T> {
    /// Makes an empty queue on the fastest backend of this processor.
    #[must_use]
    pub fn new() -> Self {
        Self::with_backend(Backend::detected())
    }

    /// Makes an empty queue on one backend.
    ///
    /// # Panics
    /// When this processor lacks the backend.
    #[must_use]
    pub fn with_backend(backend: Backend) -> Self {
        Self::holding(backend, HELD)
    }

    pub(super) fn holding(backend: Backend, most: usize) -> Self {
        let lanes = (backend != Backend::Portable).then(|| Lanes::new(backend));
        Self { lanes, most, results: Results { finished: Vec::new(), idle: Vec::new(), held: 0 } }
    }

    /// Returns an empty buffer for the next message: one that held an earlier message, where there is one.
    #[must_use]
    pub fn buffer(&mut self) -> Vec<u8> {
        self.results.idle.pop().unwrap_or_default()
    }

    /// Takes a message; computes only once all lanes are taken, or much is held.
    pub fn push(&mut self, tag: T, message: Vec<u8>) {
        let waiting = Waiting { tag, blake3: blake3::hash(&message).into() };
        let results = &mut self.results;
        results.held += message.len();
        match &mut self.lanes {
            None => {
                let digest = sha3_512::portable(&message);
                results.note(waiting, message, digest);
            }
            Some(lanes) => {
                lanes.put(waiting, message);
                while !lanes.has_room() || (results.held > self.most && lanes.busy() > 0) {
                    lanes.advance(|waiting, message, digest| results.note(waiting, message, digest));
                }
            }
        }
    }

    /// Takes out what is finished, in the order in which it was finished: not that of the pushes.
    pub fn finished(&mut self) -> std::vec::Drain<'_, Finished<T>> {
        self.results.finished.drain(..)
    }

    /// Computes what is left, and returns all that was not taken out, in the order in which it was finished.
    #[must_use]
    pub fn finish(mut self) -> Vec<Finished<T>> {
        let results = &mut self.results;
        if let Some(lanes) = &mut self.lanes {
            while lanes.busy() > 0 {
                lanes.advance(|waiting, message, digest| results.note(waiting, message, digest));
            }
        }
        self.results.finished
    }
}

impl<T> Default for ManyHasher<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Results<T> {
    fn note(&mut self, waiting: Waiting<T>, mut message: Vec<u8>, sha3_512: [u8; 64]) {
        let Waiting { tag, blake3 } = waiting;
        let digest = ContentDigest { sha3_512, blake3 };
        self.finished.push(Finished { tag, length: message.len() as u64, digest });
        self.held -= message.len();
        if message.capacity() <= IDLE {
            message.clear();
            self.idle.push(message);
        }
    }
}
