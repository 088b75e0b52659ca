//! Notes: one writing only, whatever surrounds the envelope.

#![no_main]

use git_iao::base::ContentAddress;
use git_iao::seal::Note;
use git_iao::supply_chain::Envelope;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(note) = Note::parse(data) {
        assert_eq!(note.to_bytes(), data);
        assert_eq!(note.digest(), ContentAddress::of(&note.envelope().to_canonical()));
    }
    // The same bytes as an envelope, so that the summary is reached without luck.
    if let Some(note) = Envelope::from_canonical(data).ok().and_then(|envelope| Note::of(envelope).ok()) {
        let bytes = note.to_bytes();
        assert_eq!(Note::parse(&bytes).expect("what is written is read"), note);
        let text = std::str::from_utf8(&bytes).expect("a note is text");
        assert_eq!(text.lines().count(), 16, "a name has forged a line");
    }
});
