//! Finds many words in one pass, in upper or lower case.
//!
//! Three sieves, each finer and slower than the one before: the first three bytes of each place and the kind of the fourth;
//! the first five; all. The first two take no branch by what they see, so that what looks like a word costs little more than
//! what does not. A text of sentences and code runs through at less than a nanosecond and a half a byte, whatever the number
//! of words.

use std::ops::Range;

/// How many bytes of a word are looked up; a shorter word cannot be found.
pub(super) const LEAST: usize = 3;

/// Three bytes have one of so many places: more than words by far, and few enough for the nearest cache.
const PLACES: usize = 1 << 15;
/// So many places have their words in one list: there are fewer words than places.
const TOGETHER: usize = 8;
/// So many bits say where words of five bytes and more begin.
const FIVES: usize = 1 << 17;

/// Words ready to be found.
#[derive(Debug, Clone)]
pub(super) struct Finder {
    /// All words behind each other, and where each ends.
    texts: Vec<u8>,
    ends: Vec<u32>,
    /// For each place of three bytes: the kinds of bytes that follow in words, or [`NOTHING`].
    begins: Box<[u8; PLACES]>,
    /// The kind of each byte.
    kinds: Box<[u8; 256]>,
    /// Places of words of fewer than five bytes.
    short: Bits<{ PLACES / 64 }>,
    /// How words of five bytes and more begin.
    long: Bits<{ FIVES / 64 }>,
    /// For each few places, where their words begin in `heads`; where the last ones end.
    first: Vec<u32>,
    heads: Vec<Head>,
}

/// Bits by their numbers.
#[derive(Debug, Clone)]
struct Bits<const SIZE: usize>(Box<[u64; SIZE]>);

impl<const SIZE: usize> Bits<SIZE> {
    fn set(&mut self, at: usize) {
        self.0[at / 64] |= 1 << (at % 64);
    }

    #[inline]
    fn has(&self, at: usize) -> bool {
        self.0[at / 64] >> (at % 64) & 1 == 1
    }
}

/// How a word begins: its first bytes, upper and lower case made one, and which bits of them count.
#[derive(Debug, Clone, Copy)]
struct Head {
    bytes: u64,
    mask: u64,
    word: u32,
}

/// Makes upper and lower case one; what else becomes one is told apart when all is compared.
const FOLD: u64 = 0x2020_2020_2020_2020;

/// How many bytes of a word are compared at once.
const HEAD: usize = 8;

/// A word ends behind its third byte; every byte is of this kind too.
const NOTHING: u8 = 1 << KINDS;
const KINDS: u32 = 7;

/// Returns how a text begins, with spaces behind its end.
#[inline]
fn head(text: &[u8]) -> u64 {
    let bytes = text.first_chunk().copied().unwrap_or_else(|| {
        let mut bytes = [0; HEAD];
        bytes[..text.len()].copy_from_slice(text);
        bytes
    });
    u64::from_le_bytes(bytes) | FOLD
}

/// Spreads 32 bits, the first of them most.
#[inline]
fn spread(bits: u64) -> u64 {
    (bits & 0xffff_ffff).wrapping_mul(0x9e37_79b1) & 0xffff_ffff
}

/// Returns the place of the first three bytes.
#[inline]
fn place(head: u64) -> usize {
    (spread(head & 0x00ff_ffff) >> 17) as usize
}

/// Returns the number of the first five bytes.
#[inline]
fn five(head: u64) -> usize {
    ((head << 24).wrapping_mul(0x9e37_79b1_85eb_ca87) >> 47) as usize
}

fn small(length: usize) -> u32 {
    u32::try_from(length).expect("words are fewer bytes than that")
}

fn kind(byte: u8) -> u8 {
    1 << ((spread(u64::from(byte | 0x20)) >> 16) % u64::from(KINDS))
}

/// How many places are looked at together: those whose first four bytes lie in a head.
const AT_ONCE: usize = HEAD - 3;

/// Puts things into so many lists behind each other, by the number of each one's list; returns where the lists begin, and
/// where the last one ends. Within a list their order stays.
pub(super) fn in_lists<T: Copy>(count: usize, things: &[(usize, T)]) -> (Vec<u32>, Vec<T>) {
    let mut first = vec![0; count + 1];
    things.iter().for_each(|(list, _)| first[list + 1] += 1);
    (0..count).for_each(|list| first[list + 1] += first[list]);
    let mut next = first.clone();
    let mut sorted: Vec<T> = things.iter().map(|(_, thing)| *thing).collect();
    for (list, thing) in things {
        sorted[next[*list] as usize] = *thing;
        next[*list] += 1;
    }
    (first, sorted)
}

/// About so many places pass the first sieve before they go through the next.
const ROW: usize = 256;

impl Finder {
    /// Takes words of three bytes or more; shorter ones are never found.
    pub(super) fn new(words: &[impl AsRef<[u8]>]) -> Self {
        let mut finder = Self {
            texts: Vec::new(),
            ends: Vec::with_capacity(words.len()),
            begins: Box::new([0; PLACES]),
            kinds: Box::new([0; 256]),
            short: Bits(Box::new([0; PLACES / 64])),
            long: Bits(Box::new([0; FIVES / 64])),
            first: Vec::new(),
            heads: Vec::new(),
        };
        for byte in 0..=u8::MAX {
            finder.kinds[usize::from(byte)] = kind(byte) | NOTHING;
        }
        let mut heads = Vec::with_capacity(words.len());
        for (number, word) in (0..).zip(words.iter().map(AsRef::as_ref)) {
            finder.texts.extend_from_slice(word);
            finder.ends.push(small(finder.texts.len()));
            if word.len() >= LEAST {
                heads.push((place(head(word)) / TOGETHER, finder.add(number, word)));
            }
        }
        (finder.first, finder.heads) = in_lists(PLACES / TOGETHER, &heads);
        finder
    }

    fn word(&self, number: usize) -> &[u8] {
        let from = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.texts[from as usize..self.ends[number] as usize]
    }

    /// Notes how a word begins.
    fn add(&mut self, word: u32, text: &[u8]) -> Head {
        let bytes = head(text);
        self.begins[place(bytes)] |= text.get(LEAST).map_or(NOTHING, |byte| kind(*byte));
        if text.len() < 5 {
            self.short.set(place(bytes));
        } else {
            self.long.set(five(bytes));
        }
        let mask = if text.len() < HEAD { (1 << (8 * text.len())) - 1 } else { u64::MAX };
        Head { bytes: bytes & mask, mask, word }
    }

    /// Tells of each word in a text, by its number and its place, in the order in which they begin.
    pub(super) fn find(&self, text: &[u8], mut see: impl FnMut(usize, Range<usize>)) {
        let (mut done, mut row) = (0, [0; ROW + AT_ONCE]);
        loop {
            let mut count = 0;
            while count < ROW
                && let Some(bytes) = text[done..].first_chunk::<HEAD>()
            {
                let head = u64::from_le_bytes(*bytes) | FOLD;
                for at in 0..AT_ONCE {
                    let kinds = self.begins[place(head >> (8 * at))];
                    row[count] = done + at;
                    count += usize::from(kinds & self.kinds[usize::from(bytes[at + 3])] != 0);
                }
                done += AT_ONCE;
            }
            if count == 0 {
                break;
            }
            let mut left = 0;
            for from in 0..count {
                let at = row[from];
                let head = head(&text[at..]);
                row[left] = at;
                left += usize::from(self.long.has(five(head)) | self.short.has(place(head)));
            }
            row[..left].iter().for_each(|at| self.look(text, *at, &mut see));
        }
        (done..text.len()).for_each(|at| self.look(text, at, &mut see));
    }

    /// Tells of the words that begin at one place.
    #[inline(never)]
    fn look(&self, text: &[u8], at: usize, see: &mut impl FnMut(usize, Range<usize>)) {
        let here = &text[at..];
        let bytes = head(here);
        let list = place(bytes) / TOGETHER;
        for head in &self.heads[self.first[list] as usize..self.first[list + 1] as usize] {
            if bytes & head.mask != head.bytes {
                continue;
            }
            let word = self.word(head.word as usize);
            if here.get(..word.len()).is_some_and(|here| here.eq_ignore_ascii_case(word)) {
                see(head.word as usize, at..at + word.len());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Looks at every place for every word.
    fn plainly(words: &[String], text: &[u8]) -> Vec<(usize, Range<usize>)> {
        let mut found = Vec::new();
        for at in 0..text.len() {
            for (number, word) in words.iter().enumerate() {
                if text[at..].get(..word.len()).is_some_and(|here| here.eq_ignore_ascii_case(word.as_bytes()))
                {
                    found.push((number, at..at + word.len()));
                }
            }
        }
        found
    }

    proptest! {
        #[test]
        fn every_word_is_found_where_it_is(
            words in proptest::collection::vec("[ab@_-]{3,10}", 0..12),
            text in "[abAB@`_\\-\u{7f}]{0,60}",
        ) {
            let mut found = Vec::new();
            Finder::new(&words).find(text.as_bytes(), |word, range| found.push((word, range)));
            found.sort_by_key(|(word, range)| (range.start, *word));
            let mut expected = plainly(&words, text.as_bytes());
            expected.sort_by_key(|(word, range)| (range.start, *word));
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn short_texts_and_words_are_no_trouble() {
        let finder = Finder::new(&["abc", "ab", ""]);
        for (text, count) in [("", 0), ("ab", 0), ("abc", 1), ("xABC", 1), ("abcabc", 2)] {
            let mut found = 0;
            finder.find(text.as_bytes(), |_, _| found += 1);
            assert_eq!(found, count, "{text}");
        }
    }
}
