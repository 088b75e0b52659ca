//! Envelopes: what is read is written back as the same bytes, and what is signed depends on every one of them.

#![no_main]

use git_iao::supply_chain::Envelope;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(envelope) = Envelope::from_canonical(data) else { return };
    assert_eq!(envelope.to_canonical(), data);
    assert!(envelope.signed_bytes().ends_with(envelope.payload()));
    assert!(envelope.payload().len() + envelope.signatures().len() <= data.len());
});
