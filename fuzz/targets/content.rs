//! Contents as the scan reads them: every match lies in the content, and nothing panics.

#![no_main]

use git_iao::scan::fuzzing;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((choice, content)) = data.split_first() else { return };
    let path = [&b"a.py"[..], b"a.yml", b".env", b"a.md", b"a.xml", b"yarn.lock"][usize::from(*choice) % 6];
    let lines: Vec<&[u8]> = content.split(|byte| *byte == b'\n').collect();
    for (line, column, length) in fuzzing::search(content, path) {
        let here = lines[line as usize - 1];
        assert!(column as usize <= here.len() + 1 && length > 0, "{line}:{column}+{length}");
    }
});
