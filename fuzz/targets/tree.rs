//! Tree objects as the ledger and the scan read them: entries write back, and no usable name leaves its directory.

#![no_main]

use git_iao::git::fuzzing;
use git_iao::model::ObjectFormat;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((choice, bytes)) = data.split_first() else { return };
    let format = if choice & 1 == 0 { ObjectFormat::Sha1 } else { ObjectFormat::Sha256 };
    if let Some(entries) = fuzzing::tree_entries(bytes, format) {
        assert_eq!(fuzzing::tree_bytes(&entries), bytes);
    }
    for name in fuzzing::usable_names(bytes, format) {
        assert!(!name.is_empty() && !name.contains(&b'/') && name != b"." && name != b"..", "{name:?}");
    }
});
