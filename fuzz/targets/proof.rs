//! Proofs: one writing only; whatever it says, it is computed in bounded time and leads to no roots by chance.

#![no_main]

use git_iao::seal::{Expected, Proof, check_proof};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let check = check_proof(data, None, None, &Expected::default());
    match Proof::from_canonical(data) {
        Ok(proof) => {
            assert_eq!(proof.to_canonical(), data);
            assert!(proof.envelope().is_some() || !check.report.holds(), "nothing says what was sealed");
        }
        Err(_) => assert!(!check.report.holds(), "what cannot be read was said to hold"),
    }
});
