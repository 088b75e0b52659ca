//! Ledger entries: a path, a zero byte, the bytes. What is taken for a seal stands where it must.

#![no_main]

use git_iao::base::ContentAddress;
use git_iao::seal::{Note, StoredSeal};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some(cut) = data.iter().position(|byte| *byte == 0) else { return };
    let Ok(path) = std::str::from_utf8(&data[..cut]) else { return };
    let bytes = &data[cut + 1..];
    let Ok(seal) = StoredSeal::parse(path, bytes) else { return };
    let commit = seal.statement().commit().to_string();
    let digest = ContentAddress::of(bytes);
    let (x, y, z) = (&commit[..1], &commit[1..2], &commit[2..3]);
    assert_eq!(path, format!("seals/{x}/{y}/{z}/{commit}/{digest}.json"));
    assert_eq!((seal.digest(), seal.envelope().to_canonical()), (digest, bytes.to_vec()));
    // A longer note is none, whatever it says.
    if bytes.len() < 1 << 19 {
        assert_eq!(Note::parse(&seal.note().to_bytes()).unwrap().digest(), digest);
    }
});
