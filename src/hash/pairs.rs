//! Digests pairs of short messages, one for each algorithm: those of a Merkle tree, of which there are very many.
//!
//! Which lane or backend computes a digest never shows in it.

use super::backend::Backend;
use super::blake;
use super::content_digest::ContentDigest;
use super::sha3_512;
use super::short::Short;

/// Digests pairs of messages: the first with SHA3-512, the second with BLAKE3.
///
/// Messages come in parts, which are put together where they are hashed; the memory serves again.
pub struct PairHasher {
    backend: Backend,
    sha3_512: Option<Short>,
    blake3: Option<blake::Short>,
    digests: Vec<ContentDigest>,
    /// Holds a message that goes no faster than alone.
    whole: Vec<u8>,
}

/// Stands where a digest is still to come.
const NOTHING: ContentDigest = ContentDigest { sha3_512: [0; 64], blake3: [0; 32] };

impl PairHasher {
    /// Begins with no pair, on the fastest backend.
    #[must_use]
    pub fn new() -> Self {
        Self::with_backend(Backend::detected())
    }

    /// Begins with no pair.
    ///
    /// # Panics
    /// When this processor lacks the backend.
    #[must_use]
    pub fn with_backend(backend: Backend) -> Self {
        Self {
            backend,
            sha3_512: (backend != Backend::Portable).then(|| Short::new(backend)),
            blake3: if backend == Backend::Avx512 { blake::Short::new() } else { None },
            digests: Vec::new(),
            whole: Vec::new(),
        }
    }

    /// Takes a pair, each message in its parts.
    pub fn push(&mut self, sha3_512: &[&[u8]], blake3: &[&[u8]]) {
        let (at, digests) = (self.digests.len(), &mut self.digests);
        digests.push(NOTHING);
        let taken = self
            .sha3_512
            .as_mut()
            .is_some_and(|short| short.put(at, sha3_512, &mut |at, digest| digests[at].sha3_512 = digest));
        if !taken {
            let whole = join(sha3_512, &mut self.whole);
            digests[at].sha3_512 = match self.backend {
                Backend::Portable => sha3_512::portable(whole),
                _ => sha3_512::digest(whole),
            };
        }
        let taken = self
            .blake3
            .as_mut()
            .is_some_and(|short| short.put(at, blake3, &mut |at, digest| digests[at].blake3 = digest));
        if !taken {
            digests[at].blake3 = blake3::hash(join(blake3, &mut self.whole)).into();
        }
    }

    /// Returns the digests of all pairs since the last call, in their order.
    pub fn take(&mut self) -> Vec<ContentDigest> {
        let mut digests = std::mem::take(&mut self.digests);
        if let Some(short) = &mut self.sha3_512 {
            short.finish(|at, digest| digests[at].sha3_512 = digest);
        }
        if let Some(short) = &mut self.blake3 {
            short.finish(|at, digest| digests[at].blake3 = digest);
        }
        digests
    }
}

impl Default for PairHasher {
    fn default() -> Self {
        Self::new()
    }
}

/// Puts the parts of a message together.
fn join<'a>(parts: &[&[u8]], whole: &'a mut Vec<u8>) -> &'a [u8] {
    whole.clear();
    parts.iter().for_each(|part| whole.extend_from_slice(part));
    whole
}
