//! Both digests against the plain crates, for messages cut into pieces and given in groups at will.

#![no_main]

use git_iao::hash::{Backend, ContentDigest, ContentHasher, ManyHasher, digest_all};
use libfuzzer_sys::fuzz_target;
use sha3::{Digest as _, Sha3_512};

fn expected(message: &[u8]) -> ContentDigest {
    ContentDigest { sha3_512: Sha3_512::digest(message).into(), blake3: blake3::hash(message).into() }
}

/// Cuts `content` into as many messages as there are bytes in `lengths`; zero is an empty one, 255 all that is left.
fn messages<'a>(lengths: &[u8], mut content: &'a [u8]) -> Vec<&'a [u8]> {
    let mut messages = Vec::new();
    for length in lengths {
        let length = if *length == 255 { content.len() } else { content.len().min(usize::from(*length) * 9) };
        let (message, rest) = content.split_at(length);
        messages.push(message);
        content = rest;
    }
    messages.push(content);
    messages
}

fuzz_target!(|data: &[u8]| {
    let Some((count, data)) = data.split_first() else { return };
    let (lengths, content) = data.split_at(data.len().min(usize::from(*count)));
    let messages = messages(lengths, content);
    let digests: Vec<ContentDigest> = messages.iter().map(|message| expected(message)).collect();
    assert_eq!(digest_all(&messages), digests);

    for backend in Backend::available() {
        let mut queue = ManyHasher::with_backend(backend);
        let mut found = vec![None; messages.len()];
        for (at, message) in messages.iter().enumerate() {
            let mut buffer = queue.buffer();
            buffer.extend_from_slice(message);
            queue.push(at, buffer);
            for done in queue.finished() {
                assert!(found[done.tag].replace((done.length, done.digest)).is_none());
            }
        }
        for done in queue.finish() {
            assert!(found[done.tag].replace((done.length, done.digest)).is_none());
        }
        let whole = messages.iter().zip(&digests).map(|(message, digest)| Some((message.len() as u64, *digest)));
        assert!(found.into_iter().eq(whole), "{}", backend.as_str());
    }

    let mut hasher = ContentHasher::default();
    messages.iter().for_each(|message| hasher.update(message));
    assert_eq!(hasher.finish(), expected(content));
});
