//! Statements: what is read as a seal agrees with itself, and its note reads back.

#![no_main]

use git_iao::seal::{Note, SealStatement};
use git_iao::supply_chain::Envelope;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let envelope = Envelope::unsigned(data.to_vec());
    let Ok(statement) = SealStatement::from_envelope(&envelope) else { return };
    assert_eq!(statement.commit().format(), statement.tree().format());
    assert_eq!(statement.document().roots, statement.predicate().roots);
    // Fields that are not known are left out, and nothing else is.
    let written = statement.to_canonical().expect("what was read has a canonical form");
    let again = SealStatement::from_envelope(&Envelope::unsigned(written)).expect("what is written is read");
    assert_eq!(again, statement);
    let note = Note::of(envelope).expect("a seal has a note").to_bytes();
    assert_eq!(Note::parse(&note).expect("a note reads back").statement(), &statement);
});
