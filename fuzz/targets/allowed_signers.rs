//! Lists of who may sign, and keys: never a panic, and a key is the same however it was written.

#![no_main]

use git_iao::base::Timestamp;
use git_iao::supply_chain::{AllowedSigners, NAMESPACE, PublicKey};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    // Every word that is a key, so that the list is asked for one that it may hold.
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut keys: Vec<PublicKey> = words.windows(2).filter_map(|pair| PublicKey::parse(&pair.join(" ")).ok()).collect();
    keys.truncate(4);
    for key in &keys {
        assert_eq!(PublicKey::from_blob(key.blob()).as_ref(), Ok(key));
        assert!(key.fingerprint().starts_with("SHA256:"));
    }
    let Ok(list) = AllowedSigners::parse("fuzz", data) else { return };
    for key in &keys {
        for moment in [0, 1_700_000_000, i64::from(u32::MAX)] {
            if let Ok(principal) = list.find(key, NAMESPACE, Timestamp::from_seconds(moment)) {
                assert!(text.contains(principal) || principal.is_empty(), "{principal} is not in the list");
            }
        }
    }
});
