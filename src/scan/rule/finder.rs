//! Finds many words in one pass, in upper or lower case: the first four bytes of each place are looked up in a few
//! kilobytes, and what is found there is compared. Words of three bytes have a table of their own.
//!
//! A text of sentences and code runs through at about a byte a nanosecond, whatever the number of words.

use std::ops::Range;

/// How many bytes of a word are looked up; a shorter word cannot be found.
pub(super) const LEAST: usize = 3;

/// Words ready to be found.
#[derive(Debug, Clone)]
pub(super) struct Finder {
    words: Vec<Vec<u8>>,
    /// Words of four bytes and more, and those of three.
    long: Long,
    short: Short,
}

/// Words by what they begin with: `2^BITS` places, whose bits are in `SIZE` numbers. More places than words by far, so that
/// few other texts have the place of one, and few enough for the nearest cache.
#[derive(Debug, Clone)]
struct Table<const BITS: u32, const SIZE: usize> {
    /// For each place, whether a word begins there.
    begins: Box<[u64; SIZE]>,
    /// Places, and the numbers of their words.
    places: Vec<(u32, u32)>,
    /// For each place, where its words begin in `places`; only right where `begins` says so.
    first: Vec<u32>,
}

type Long = Table<17, { 1 << 11 }>;
type Short = Table<13, { 1 << 7 }>;

/// Makes upper and lower case one; what else becomes one is told apart when it is compared.
const FOLD: u32 = 0x2020_2020;

fn three(bytes: u32) -> u32 {
    bytes & 0x00ff_ffff
}

impl<const BITS: u32, const SIZE: usize> Table<BITS, SIZE> {
    #[inline]
    fn place(bytes: u32) -> u32 {
        (bytes | FOLD).wrapping_mul(0x9e37_79b1) >> (32 - BITS)
    }

    fn new(beginnings: impl Iterator<Item = (u32, u32)>) -> Self {
        let mut places: Vec<(u32, u32)> =
            beginnings.map(|(bytes, number)| (Self::place(bytes), number)).collect();
        places.sort_unstable();
        let (mut begins, mut first) = (Box::new([0; SIZE]), vec![0; 1 << BITS]);
        for (at, (place, _)) in (0_u32..).zip(&places) {
            let bit = 1 << (place & 63);
            if begins[(place >> 6) as usize] & bit == 0 {
                begins[(place >> 6) as usize] |= bit;
                first[*place as usize] = at;
            }
        }
        Self { begins, places, first }
    }

    #[inline]
    fn has(&self, place: u32) -> bool {
        self.begins[(place >> 6) as usize] >> (place & 63) & 1 == 1
    }

    /// Returns the numbers of the words that may begin so.
    fn words(&self, place: u32) -> impl Iterator<Item = usize> {
        let words = self.places[self.first[place as usize] as usize..].iter();
        words.take_while(move |(other, _)| *other == place).map(|(_, number)| *number as usize)
    }
}

impl Finder {
    /// Takes words of three bytes or more; shorter ones are never found.
    pub(super) fn new(words: &[String]) -> Self {
        let words: Vec<Vec<u8>> = words.iter().map(|word| word.as_bytes().to_vec()).collect();
        let numbered = || (0_u32..).zip(&words);
        let long =
            numbered().filter_map(|(number, word)| Some((u32::from_le_bytes(*word.first_chunk()?), number)));
        let short = numbered().filter(|(_, word)| word.len() == LEAST);
        let short = short.map(|(number, word)| (u32::from_le_bytes([word[0], word[1], word[2], 0]), number));
        Self { long: Table::new(long), short: Table::new(short), words }
    }

    /// Tells of each word in a text, by its number and its place, in the order in which they begin.
    pub(super) fn find(&self, text: &[u8], mut see: impl FnMut(usize, Range<usize>)) {
        for (at, four) in text.windows(4).enumerate() {
            let bytes = u32::from_le_bytes(four.try_into().expect("windows are of four bytes"));
            let (long, short) = (Long::place(bytes), Short::place(three(bytes)));
            if self.long.has(long) {
                self.compare(text, at, self.long.words(long), &mut see);
            }
            if self.short.has(short) {
                self.compare(text, at, self.short.words(short), &mut see);
            }
        }
        if let Some([one, two, three]) = text.last_chunk() {
            let short = Short::place(u32::from_le_bytes([*one, *two, *three, 0]));
            if self.short.has(short) {
                self.compare(text, text.len() - LEAST, self.short.words(short), &mut see);
            }
        }
    }

    #[inline(never)]
    fn compare(
        &self,
        text: &[u8],
        at: usize,
        words: impl Iterator<Item = usize>,
        see: &mut impl FnMut(usize, Range<usize>),
    ) {
        for number in words {
            let word = &self.words[number];
            if text[at..].get(..word.len()).is_some_and(|here| here.eq_ignore_ascii_case(word)) {
                see(number, at..at + word.len());
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
            words in proptest::collection::vec("[ab@_-]{3,6}", 0..12),
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
        let finder = Finder::new(&["abc".to_owned(), "ab".to_owned(), String::new()]);
        for (text, count) in [("", 0), ("ab", 0), ("abc", 1), ("xABC", 1), ("abcabc", 2)] {
            let mut found = 0;
            finder.find(text.as_bytes(), |_, _| found += 1);
            assert_eq!(found, count, "{text}");
        }
    }
}
