//! Applies a chain of git's deltas without making every text on the way.
//!
//! A text is a list of pieces of the base and of the deltas. Any bytes are answered: what is no delta gives nothing.

/// So many pieces a text may consist of.
const MOST: usize = 1 << 20;

/// Bytes of one source: the base is number 0, the deltas follow in the order in which they apply.
#[derive(Debug, Clone, Copy)]
struct Piece {
    source: usize,
    start: usize,
    length: usize,
}

/// A text in pieces.
#[derive(Debug, Default)]
struct Rope {
    pieces: Vec<Piece>,
    /// Where each piece ends in the text.
    ends: Vec<usize>,
}

/// Texts up to this size are copied: pieces of them cost more than they save.
const SMALL: usize = 16 << 10;

/// What a delta says next.
enum Command {
    /// So many bytes of the text before, from here.
    Copy(usize, usize),
    /// So many bytes of the delta itself, from here.
    Insert(usize, usize),
}

/// Applies `deltas` to `base`, one after another, where no text is longer than `limit`.
pub(super) fn apply(base: &[u8], deltas: &[&[u8]], limit: usize) -> Option<Vec<u8>> {
    let next = |text: Vec<u8>, delta: &&[u8]| plainly(&text, delta, limit.min(SMALL));
    let small = match deltas {
        [first, rest @ ..] if base.len() <= SMALL => {
            plainly(base, first, limit.min(SMALL)).and_then(|text| rest.iter().try_fold(text, next))
        }
        _ => None,
    };
    small.or_else(|| in_pieces(base, deltas, limit))
}

/// Makes the text that one delta makes of another.
fn plainly(text: &[u8], delta: &[u8], limit: usize) -> Option<Vec<u8>> {
    let (mut at, to) = sizes(delta, text.len(), limit)?;
    let mut next = Vec::with_capacity(to);
    while at < delta.len() {
        let part = match command(delta, &mut at)? {
            Command::Copy(start, length) => text.get(start..start.checked_add(length)?)?,
            Command::Insert(start, length) => delta.get(start..start + length)?,
        };
        if part.len() > to - next.len() {
            return None;
        }
        next.extend_from_slice(part);
    }
    (next.len() == to).then_some(next)
}

fn in_pieces(base: &[u8], deltas: &[&[u8]], limit: usize) -> Option<Vec<u8>> {
    let mut rope = Rope::default();
    rope.push(Piece { source: 0, start: 0, length: base.len() });
    for (at, delta) in deltas.iter().enumerate() {
        rope = rope.after(delta, at + 1, limit)?;
    }
    let mut text = Vec::with_capacity(rope.length());
    for piece in &rope.pieces {
        let source = piece.source.checked_sub(1).map_or(Some(base), |delta| deltas.get(delta).copied())?;
        text.extend_from_slice(source.get(piece.start..piece.start + piece.length)?);
    }
    Some(text)
}

impl Rope {
    fn length(&self) -> usize {
        self.ends.last().copied().unwrap_or(0)
    }

    fn push(&mut self, piece: Piece) {
        if piece.length == 0 {
            return;
        }
        let end = self.length() + piece.length;
        match (self.pieces.last_mut(), self.ends.last_mut()) {
            (Some(last), Some(to))
                if last.source == piece.source && last.start + last.length == piece.start =>
            {
                last.length += piece.length;
                *to = end;
            }
            _ => {
                self.pieces.push(piece);
                self.ends.push(end);
            }
        }
    }

    /// Returns the text that the delta, source number `source`, makes of this one.
    fn after(&self, delta: &[u8], source: usize, limit: usize) -> Option<Self> {
        let (mut at, to) = sizes(delta, self.length(), limit)?;
        // A delta that changes little makes few pieces more.
        let room = self.pieces.len() + 16;
        let mut next = Self { pieces: Vec::with_capacity(room), ends: Vec::with_capacity(room) };
        while at < delta.len() {
            match command(delta, &mut at)? {
                Command::Copy(start, length) => self.copy(start, length, &mut next)?,
                Command::Insert(start, length) => {
                    delta.get(start..start + length)?;
                    next.push(Piece { source, start, length });
                }
            }
            if next.length() > to || next.pieces.len() > MOST {
                return None;
            }
        }
        (next.length() == to).then_some(next)
    }

    /// Appends a part of this text to `out`.
    fn copy(&self, mut start: usize, mut length: usize, out: &mut Self) -> Option<()> {
        start.checked_add(length).filter(|end| *end <= self.length())?;
        let mut at = self.ends.partition_point(|end| *end <= start);
        while length > 0 {
            let (piece, end) = (self.pieces.get(at)?, self.ends.get(at)?);
            let taken = length.min(end - start);
            let skipped = piece.length - (end - start);
            out.push(Piece { source: piece.source, start: piece.start + skipped, length: taken });
            start += taken;
            length -= taken;
            at += 1;
        }
        Some(())
    }
}

/// Reads the head of a delta for a text of `from` bytes; returns where it ends, and how long the next text is.
fn sizes(delta: &[u8], from: usize, limit: usize) -> Option<(usize, usize)> {
    let mut at = 0;
    number(delta, &mut at).filter(|size| *size == from)?;
    let to = number(delta, &mut at).filter(|size| *size <= limit)?;
    Some((at, to))
}

fn command(delta: &[u8], at: &mut usize) -> Option<Command> {
    let command = *delta.get(*at)?;
    *at += 1;
    if command & 0x80 != 0 {
        return copied(command, delta, at);
    }
    // Zero is no command.
    let (start, length) = (*at, Some(usize::from(command)).filter(|length| *length > 0)?);
    *at += length;
    Some(Command::Insert(start, length))
}

/// Reads a number of seven bits a byte, the lowest first.
fn number(bytes: &[u8], at: &mut usize) -> Option<usize> {
    let mut value = 0;
    for shift in (0..usize::BITS - 7).step_by(7) {
        let byte = bytes.get(*at)?;
        *at += 1;
        value |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// Reads where a copy begins and how long it is: the command says which of their bytes follow.
fn copied(command: u8, delta: &[u8], at: &mut usize) -> Option<Command> {
    let mut values = [0, 0];
    for bit in (0..7).filter(|bit| command >> bit & 1 != 0) {
        let byte = usize::from(*delta.get(*at)?);
        *at += 1;
        let (which, shift) = if bit < 4 { (0, bit * 8) } else { (1, (bit - 4) * 8) };
        values[which] |= byte << shift;
    }
    let [start, length] = values;
    Some(Command::Copy(start, if length == 0 { 0x1_0000 } else { length }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A delta for a text of `from` bytes; each step copies or inserts.
    fn delta(from: usize, steps: &[(usize, usize, Vec<u8>)]) -> (Vec<u8>, usize) {
        let (mut commands, mut to) = (Vec::new(), 0);
        for (start, length, inserted) in steps {
            let start = start % from.max(1);
            let length = (*length).min(from - start.min(from));
            if length > 0 {
                commands.push(0x80 | 0x33);
                commands.extend([start, start >> 8, length, length >> 8].map(|value| value.to_le_bytes()[0]));
                to += length;
            }
            if !inserted.is_empty() {
                commands.push(u8::try_from(inserted.len()).unwrap());
                commands.extend_from_slice(inserted);
                to += inserted.len();
            }
        }
        let mut bytes = Vec::new();
        for mut size in [from, to] {
            while size > 0x7f {
                bytes.push(size.to_le_bytes()[0] | 0x80);
                size >>= 7;
            }
            bytes.push(size.to_le_bytes()[0]);
        }
        bytes.append(&mut commands);
        (bytes, to)
    }

    /// As the format is described: each text from the one before.
    fn by_steps(text: &[u8], steps: &[(usize, usize, Vec<u8>)]) -> Vec<u8> {
        let mut next = Vec::new();
        for (start, length, inserted) in steps {
            let start = start % text.len().max(1);
            let length = (*length).min(text.len() - start.min(text.len()));
            next.extend_from_slice(&text[start.min(text.len())..][..length]);
            next.extend_from_slice(inserted);
        }
        next
    }

    #[test]
    fn a_copy_without_a_length_is_64_kib_long() {
        let base = vec![7; 0x1_0000];
        let bytes = [0x80, 0x80, 4, 0x80, 0x80, 4, 0x80];
        assert_eq!(apply(&base, &[&bytes], 1 << 20).unwrap(), base);
        assert_eq!(plainly(&base, &bytes, 1 << 20).unwrap(), base);
        assert_eq!(apply(&base, &[&bytes], 0xffff), None, "longer than allowed");
        assert_eq!(apply(&base[1..], &[&bytes], 1 << 20), None, "made from another text");
    }

    proptest! {
        #[test]
        fn a_chain_makes_what_its_deltas_make_one_by_one(
            base in proptest::collection::vec(any::<u8>(), 1..300),
            chain in proptest::collection::vec(
                proptest::collection::vec(
                    (0..400_usize, 0..300_usize, proptest::collection::vec(any::<u8>(), 0..20)), 1..8),
                0..6),
        ) {
            let (mut text, mut deltas) = (base.clone(), Vec::new());
            for steps in &chain {
                let (bytes, to) = delta(text.len(), steps);
                text = by_steps(&text, steps);
                prop_assert_eq!(to, text.len());
                deltas.push(bytes);
            }
            let deltas: Vec<&[u8]> = deltas.iter().map(Vec::as_slice).collect();
            prop_assert_eq!(in_pieces(&base, &deltas, 1 << 20), Some(text.clone()));
            prop_assert_eq!(apply(&base, &deltas, 1 << 20), Some(text));
        }

        #[test]
        fn no_bytes_make_it_panic(
            base in proptest::collection::vec(any::<u8>(), 0..40),
            one in proptest::collection::vec(any::<u8>(), 0..40),
            other in proptest::collection::vec(any::<u8>(), 0..40),
        ) {
            prop_assert_eq!(apply(&base, &[&one, &other], 1 << 20), in_pieces(&base, &[&one, &other], 1 << 20));
            let sized: Vec<u8> = [base.len().to_le_bytes()[0], 9].into_iter().chain(one).collect();
            prop_assert_eq!(apply(&base, &[&sized], 1 << 20), in_pieces(&base, &[&sized], 1 << 20));
        }
    }
}
