//! Manifest documents: what is read and names its schema is written back as the same bytes.

#![no_main]

use git_iao::base::canonical;
use git_iao::seal::{Document, MANIFEST_SCHEMA};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(document) = canonical::from_slice::<Document>(data) else { return };
    assert_eq!(document.to_canonical(), data);
    if document.schema == MANIFEST_SCHEMA {
        assert_eq!(Document::new(document.tree, document.roots), document);
    }
});
