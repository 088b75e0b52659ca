//! Finds many words in one pass, in upper or lower case: the first three bytes of each place are looked up in a few
//! kilobytes, and what is found there is compared.
//!
//! A text of sentences and code runs through at about a byte a nanosecond, whatever the number of words.

use std::ops::Range;

/// How many bytes of a word are looked up; a shorter word cannot be found.
pub(super) const LEAST: usize = 3;

/// How many bits name a place in the table.
const BITS: u32 = 15;

/// Words ready to be found.
#[derive(Debug, Clone)]
pub(super) struct Finder {
    words: Vec<Vec<u8>>,
    /// For each place of the table, whether a word begins there.
    begins: Vec<u64>,
    /// Words by their places in the table: the place, and the word's number.
    places: Vec<(u32, u32)>,
    /// For each place of the table, where its words begin in `places`; only right where `begins` says so.
    first: Vec<u32>,
}

/// Makes upper and lower case one; what else becomes one is told apart when it is compared.
const FOLD: u32 = 0x0020_2020;

fn place(three: u32) -> u32 {
    ((three & 0x00ff_ffff) | FOLD).wrapping_mul(0x9e37_79b1) >> (32 - BITS)
}

impl Finder {
    /// Takes words of three bytes or more; shorter ones are never found.
    pub(super) fn new(words: &[String]) -> Self {
        let words: Vec<Vec<u8>> = words.iter().map(|word| word.as_bytes().to_vec()).collect();
        let mut places: Vec<(u32, u32)> = (0_u32..)
            .zip(&words)
            .filter(|(_, word)| word.len() >= LEAST)
            .map(|(number, word)| (place(u32::from_le_bytes([word[0], word[1], word[2], 0])), number))
            .collect();
        places.sort_unstable();
        let (mut begins, mut first) = (vec![0; 1 << (BITS - 6)], vec![0; 1 << BITS]);
        for (at, (place, _)) in (0_u32..).zip(&places) {
            let bit = 1 << (place & 63);
            if begins[(place >> 6) as usize] & bit == 0 {
                begins[(place >> 6) as usize] |= bit;
                first[*place as usize] = at;
            }
        }
        Self { words, begins, places, first }
    }

    /// Tells of each word in a text, by its number and its place, in the order in which they begin.
    pub(super) fn find(&self, text: &[u8], mut see: impl FnMut(usize, Range<usize>)) {
        for (at, four) in text.windows(4).enumerate() {
            self.look(text, at, u32::from_le_bytes([four[0], four[1], four[2], four[3]]), &mut see);
        }
        if let Some([one, two, three]) = text.last_chunk() {
            self.look(text, text.len() - LEAST, u32::from_le_bytes([*one, *two, *three, 0]), &mut see);
        }
    }

    #[inline]
    fn look(&self, text: &[u8], at: usize, bytes: u32, see: &mut impl FnMut(usize, Range<usize>)) {
        let place = place(bytes);
        if self.begins[(place >> 6) as usize] >> (place & 63) & 1 == 1 {
            self.compare(text, at, place, see);
        }
    }

    #[inline(never)]
    fn compare(&self, text: &[u8], at: usize, place: u32, see: &mut impl FnMut(usize, Range<usize>)) {
        let first = self.first[place as usize] as usize;
        for (_, number) in self.places[first..].iter().take_while(|(other, _)| *other == place) {
            let word = &self.words[*number as usize];
            if text[at..].get(..word.len()).is_some_and(|here| here.eq_ignore_ascii_case(word)) {
                see(*number as usize, at..at + word.len());
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
