//! SHA3-512 of several messages at once: each lane holds one, and takes the next from whoever pushes when it is done.
//!
//! Lanes without a message compute along with one that has, and nobody looks at what they computed.

use super::Backend;
use super::keccak::dispatch;
use super::keccak::sponge::{RATE, Sponge, WORDS, last_block, squeeze};

/// How many lanes the widest backend has.
const MOST_LANES: usize = 8;

/// The lanes of one backend that has more than one.
pub(super) struct Lanes<K, M> {
    backend: Backend,
    /// The states, as [`dispatch::absorb_many`] wants them.
    states: Vec<u64>,
    lanes: Vec<Option<Lane<K, M>>>,
    busy: usize,
}

/// A message on its way through a lane.
struct Lane<K, M> {
    key: K,
    message: M,
    /// How many of its bytes are in the state; only whole blocks go in.
    absorbed: usize,
    /// Its end with the padding, once no whole block is left.
    last: Option<[u8; RATE]>,
}

impl<K, M: AsRef<[u8]>> Lanes<K, M> {
    /// Makes the lanes of a backend.
    ///
    /// # Panics
    /// When this processor lacks the backend, or it is the portable one.
    pub(super) fn new(backend: Backend) -> Self {
        assert!(dispatch::has_many(backend), "this processor has no lanes of {}", backend.as_str());
        let count = backend.lanes();
        Self { backend, states: vec![0; WORDS * count], lanes: (0..count).map(|_| None).collect(), busy: 0 }
    }

    /// Says how many messages are on their way.
    pub(super) fn busy(&self) -> usize {
        self.busy
    }

    /// Says whether the next message has a lane.
    pub(super) fn has_room(&self) -> bool {
        self.busy < self.lanes.len()
    }

    /// Puts a message into a free lane; nothing is computed yet.
    ///
    /// # Panics
    /// When there is none.
    pub(super) fn put(&mut self, key: K, message: M) {
        let free =
            self.lanes.iter().position(Option::is_none).expect("the caller asked whether there is room");
        let width = self.lanes.len();
        for words in self.states.chunks_exact_mut(width) {
            words[free] = 0;
        }
        self.lanes[free] = Some(Lane::new(key, message));
        self.busy += 1;
    }

    /// Computes until at least one message is done, and hands out those that are; without messages it does nothing.
    pub(super) fn advance(&mut self, mut done: impl FnMut(K, M, [u8; 64])) {
        let before = self.busy;
        while self.busy == before && self.busy > 1 {
            self.step(&mut done);
        }
        if self.busy == before && self.busy == 1 {
            self.finish_alone(&mut done);
        }
    }

    /// Takes as many blocks as every lane has in one place.
    fn step(&mut self, done: &mut impl FnMut(K, M, [u8; 64])) {
        let ready = self.lanes.iter().map(|lane| lane.as_ref().map(Lane::next));
        let shortest = ready.clone().flatten().min_by_key(|input| input.len()).expect("a lane is busy");
        let mut inputs = [shortest; MOST_LANES];
        for (input, ready) in inputs.iter_mut().zip(ready) {
            *input = ready.unwrap_or(shortest);
        }
        let inputs = &inputs[..self.lanes.len()];
        let blocks = shortest.len() / RATE;
        dispatch::absorb_many(self.backend, &mut self.states, inputs, blocks);
        for at in 0..self.lanes.len() {
            if self.lanes[at].as_mut().is_some_and(|lane| lane.took(blocks))
                && let Some(lane) = self.lanes[at].take()
            {
                self.busy -= 1;
                let digest = squeeze(self.words(at));
                done(lane.key, lane.message, digest);
            }
        }
    }

    /// Computes the one message that is left without the other lanes.
    fn finish_alone(&mut self, done: &mut impl FnMut(K, M, [u8; 64])) {
        let at = self.lanes.iter().position(Option::is_some).expect("a lane is busy");
        let words = std::array::from_fn(|word| self.states[word * self.lanes.len() + at]);
        let lane = self.lanes[at].take().expect("the lane is busy");
        self.busy -= 1;
        let mut sponge = Sponge::resume(words);
        let left = &lane.message.as_ref()[lane.absorbed..];
        sponge.absorb(left);
        let digest = sponge.finish(&left[left.len() - left.len() % RATE..]);
        done(lane.key, lane.message, digest);
    }

    /// Returns the words of one state, in order.
    fn words(&self, lane: usize) -> impl Iterator<Item = u64> {
        self.states.iter().skip(lane).step_by(self.lanes.len()).copied()
    }
}

impl<K, M: AsRef<[u8]>> Lane<K, M> {
    fn new(key: K, message: M) -> Self {
        let mut lane = Self { key, message, absorbed: 0, last: None };
        lane.pad_when_short();
        lane
    }

    /// Returns whole blocks that lie in one place, at least one.
    fn next(&self) -> &[u8] {
        match &self.last {
            Some(last) => last,
            None => {
                let left = &self.message.as_ref()[self.absorbed..];
                &left[..left.len() - left.len() % RATE]
            }
        }
    }

    /// Notes that `blocks` of [`Self::next`] went in; says whether those were the last.
    fn took(&mut self, blocks: usize) -> bool {
        if self.last.is_some() {
            return true;
        }
        self.absorbed += blocks * RATE;
        self.pad_when_short();
        false
    }

    fn pad_when_short(&mut self) {
        let left = &self.message.as_ref()[self.absorbed..];
        if left.len() < RATE {
            self.last = Some(last_block(left));
        }
    }
}
