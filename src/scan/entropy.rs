//! Says how random a text looks: by its characters, and by how unlike a word its letters are.

/// Returns Shannon's entropy, in bits a byte.
pub(super) fn bits(text: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    text.iter().for_each(|byte| counts[usize::from(*byte)] += 1);
    let length = text.len() as f64;
    let part = |count: &u32| {
        let share = f64::from(*count) / length;
        share * share.log2()
    };
    -counts.iter().filter(|count| **count > 0).map(part).sum::<f64>()
}

/// Returns by how much the letters of a text are likelier in a word than by chance, in bits a pair of letters.
///
/// Letters that stand beside each other count, in upper or lower case. Random letters come to about -2, words to +1; a text
/// without two letters side by side to `None`.
pub(super) fn likeness(text: &[u8]) -> Option<f64> {
    let letter = |byte: u8| byte.is_ascii_alphabetic().then(|| usize::from(byte.to_ascii_lowercase() - b'a'));
    let pairs = text.windows(2).filter_map(|pair| Some((letter(pair[0])?, letter(pair[1])?)));
    let (sum, count) =
        pairs.fold((0, 0_u32), |(sum, count), (one, other)| (sum + i32::from(PAIRS[one][other]), count + 1));
    (count > 0).then(|| f64::from(sum) / 8.0 / f64::from(count))
}

/// For each letter and the next: log2 of how much likelier the pair is in words of English and of code than by chance, in
/// eighths of a bit. Counted over the words of some 800 read-me files and library interfaces.
#[rustfmt::skip]
const PAIRS: [[i8; 26]; 26] = [
    [-34, 4, 7, 1, -37, -19, -5, -27, -1, -50, -13, 14, -1, 12, -46, 2, -48, 13, 6, 17, -11, -12, -24, -26, -11, -29],
    [12, -13, -5, -19, 12, -20, -26, -35, 15, -17, -28, 20, -16, -28, 8, -27, -64, 4, 5, -6, 10, -21, -64, -36, -6, -48],
    [13, -30, -3, -21, 13, -24, -41, 11, 2, -47, 5, 1, -21, -37, 20, -24, -32, 1, -10, 13, -1, -30, -50, -40, -18, -64],
    [9, -18, -21, -4, 26, -17, -16, -33, 19, -24, -31, -5, -22, -16, 5, -34, -42, -2, 5, -17, 2, -16, -26, -27, -11, -64],
    [3, -20, 6, 14, -6, -6, -11, -30, -18, -42, -32, 2, -1, 13, -23, -6, -19, 18, 15, 2, -27, -9, -20, -1, -27, -44],
    [9, -14, -14, -16, 13, 11, -12, -64, 20, -45, -33, 9, -15, -24, 14, -20, -51, 3, -10, -1, 5, -51, -33, -30, -8, -64],
    [7, -28, -17, -36, 21, -21, -1, 8, 11, -64, -64, 4, -10, 9, 5, -30, -47, 13, 3, -19, 6, -38, -25, -39, -23, -37],
    [20, -25, -37, -22, 22, -19, -41, -36, 16, -37, -48, -13, -7, -12, 14, -31, -45, 2, -7, 2, -1, -41, -35, -64, -5, -64],
    [-2, -5, 7, -1, 0, -5, -1, -43, -39, -37, -25, 2, 2, 23, 10, -8, -39, -7, 5, 10, -40, -2, -54, -16, -64, -3],
    [16, -45, -6, -24, 21, -45, -45, -17, 5, -45, 4, -26, -45, -45, 19, -26, -45, -14, 14, -45, 13, -24, -45, -45, -45, -24],
    [5, -18, -16, -7, 26, -15, -16, -29, 16, -28, -31, -2, -27, -1, -4, -24, -59, -4, 15, -5, -2, -29, -21, -59, -11, -59],
    [11, -26, -22, -3, 20, -19, -29, -32, 18, -64, -26, 12, -29, -28, 13, -20, -52, -32, -4, -3, -4, -15, -42, -62, 12, -46],
    [20, -2, -19, -19, 20, -27, -34, -43, 15, -64, -37, -12, -1, -23, 8, 15, -64, -36, -1, -16, 4, -30, -39, -46, -24, -54],
    [6, -26, 7, 10, 10, -8, 18, -25, 5, -33, -14, -16, -25, -12, 2, -21, -44, -28, 12, 17, -8, -9, -30, -44, -20, -41],
    [-14, -10, 3, 0, -23, -14, -7, -31, -8, -31, -13, 3, 8, 21, -3, 2, -64, 16, 4, -1, 6, -5, 1, -22, -35, -40],
    [15, -43, -19, -20, 16, -24, -29, -2, 4, -58, -30, 11, -28, -41, 13, 5, -38, 17, -2, 5, -1, -35, -36, -45, -16, -56],
    [-45, -45, -13, -8, -15, -45, -45, -45, -45, -45, -45, -20, -45, -10, -45, -45, -45, 1, -18, -12, 31, -45, -18, -45, -27, -45],
    [14, -24, -6, -5, 22, -15, -11, -36, 13, -64, -11, -14, -2, -7, 11, -16, -56, -3, 6, 2, -2, -17, -28, -54, -5, -55],
    [-1, -31, 1, -23, 18, -23, -35, 5, 14, -44, -15, -8, -12, -20, 2, 4, -31, -25, 8, 19, 6, -33, -21, -39, -7, -64],
    [10, -30, -12, -20, 21, -23, -33, 4, 20, -64, -46, -8, -23, -34, 6, -23, -49, 11, 6, -3, -3, -33, -22, -35, -2, -38],
    [2, 2, 3, -11, 1, -9, -7, -45, 1, -64, -54, 9, 6, 17, -14, 3, -58, 12, 12, 12, -31, -37, -43, -26, -64, -23],
    [16, -30, -20, -37, 30, -24, -21, -47, 18, -64, -47, -24, -16, -47, 3, -37, -33, -20, -12, -31, -34, -64, -30, -27, -32, -33],
    [17, -19, -28, -25, 15, -23, -16, 8, 17, -61, -35, -7, -61, 8, 13, -34, -61, 11, 4, -10, -32, -61, -18, -25, -22, -61],
    [3, -11, 10, -9, 15, -10, -34, -5, 12, -57, -57, -30, -4, -17, -5, 19, -57, -29, -14, 18, -31, -17, -23, 0, -8, -57],
    [-2, -5, -8, -12, 5, -15, -13, -17, 9, -57, -33, 2, 4, 12, 5, 17, -57, -6, 13, 6, -17, -15, -7, -29, -6, -5],
    [13, -18, -20, -12, 30, -35, -31, -33, 12, -54, -21, -19, -14, -35, 1, -54, -33, -23, -5, -30, -6, -26, -54, -31, -6, 2],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_is_that_of_shannon() {
        assert_eq!(bits(b"aaaa"), 0.0);
        assert_eq!(bits(b"abab"), 1.0);
        assert_eq!(bits(b"abcdefgh"), 3.0);
        assert!(bits(b"").is_nan() || bits(b"") == 0.0);
    }

    #[test]
    fn words_are_told_from_letters_by_chance() {
        for word in ["password", "connection", "handler", "ThisIsATest", "get_user_name", "localhost"] {
            assert!(likeness(word.as_bytes()).unwrap() > 0.3, "{word}");
        }
        for chance in ["xkqzvwpj", "qfbzxkjw", "hqWzVbXk"] {
            assert!(likeness(chance.as_bytes()).unwrap() < -1.0, "{chance}");
        }
        assert_eq!(likeness(b"1a2b3c"), None);
    }
}
