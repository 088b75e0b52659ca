//! Every backend against published vectors, against the plain crates, and against odd ways of feeding it.
//!
//! A backend that this processor lacks is named on stderr, past the capture of the test runner;
//! `IAO_REQUIRE_BACKENDS` (words of [`Backend::as_str`], separated by commas) makes its lack a failure.

use std::io::Write as _;

use proptest::prelude::*;
use sha3::{Digest as _, Sha3_512};

use super::keccak::dispatch;
use super::keccak::sponge::RATE;
use super::many::digest_on;
use super::{Backend, ContentDigest, ContentHasher, ManyHasher, PairHasher, digest_all, hex, sha3_512};

/// What the plain crates say.
fn reference(message: &[u8]) -> ContentDigest {
    ContentDigest { sha3_512: Sha3_512::digest(message).into(), blake3: blake3::hash(message).into() }
}

fn message(length: usize, seed: usize) -> Vec<u8> {
    (0..length).map(|at| u8::try_from((at * 7 + seed * 13 + at / 251) % 256).unwrap()).collect()
}

/// Digests with SHA3-512 on one backend: together, and each through a queue.
fn sha3_on(backend: Backend, messages: &[&[u8]]) -> Vec<[u8; 64]> {
    let together = digest_on(backend, messages.iter().map(|message| (*message, &b""[..])));
    let mut queue = ManyHasher::with_backend(backend);
    for (at, message) in messages.iter().enumerate() {
        queue.push(at, message.to_vec());
    }
    let mut queued = queue.finish();
    queued.sort_by_key(|done| done.tag);
    for (together, queued) in together.iter().zip(&queued) {
        assert_eq!(together.sha3_512, queued.digest.sha3_512, "{}", backend.as_str());
    }
    assert_eq!((together.len(), queued.len()), (messages.len(), messages.len()));
    together.into_iter().map(|digest| digest.sha3_512).collect()
}

#[test]
#[expect(clippy::disallowed_methods, reason = "whoever runs the tests says what they must not leave out")]
fn backends_that_are_not_run_are_named() {
    let words = |available| {
        let all = Backend::ALL.into_iter().filter(|backend| backend.is_available() == available);
        all.map(Backend::as_str).collect::<Vec<_>>()
    };
    let (run, lacking) = (words(true), words(false));
    let line = format!("hash backends run: {}; not run: {}", run.join(" "), lacking.join(" "));
    writeln!(std::io::stderr(), "{line}").unwrap();
    let required = std::env::var("IAO_REQUIRE_BACKENDS").unwrap_or_default();
    for word in required.split(',').filter(|word| !word.is_empty()) {
        assert!(run.contains(&word), "`{word}` is required; {line}");
    }
    assert!(run.contains(&"portable"));
    let optimised = !cfg!(debug_assertions);
    let fastest = if optimised { *Backend::available().last().unwrap() } else { Backend::Portable };
    assert_eq!(Backend::detected(), fastest);
}

#[test]
fn published_vectors_hold_on_every_backend() {
    let million = vec![b'a'; 1_000_000];
    // NIST's examples for FIPS 202: no bits, 24, 448 and 896 bits, a million times `a`.
    let vectors: [(&[u8], &str); 5] = [
        (
            b"",
            "a69f73cca23a9ac5c8b567dc185a756e97c982164fe25859e0d1dcc1475c80a6\
             15b2123af1f5f94c11e3e9402c3ac558f500199d95b6d3e301758586281dcd26",
        ),
        (
            b"abc",
            "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e\
             10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0",
        ),
        (
            b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "04a371e84ecfb5b8b77cb48610fca8182dd457ce6f326a0fd3d7ec2f1e91636d\
             ee691fbe0c985302ba1b0d8dc78c086346b533b49c030d99a27daf1139d6e75e",
        ),
        (
            b"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrst\
              nopqrstu",
            "afebb2ef542e6579c50cad06d2e578f9f8dd6881d7dc824d26360feebf18a4fa\
             73e3261122948efcfd492e74e82e2189ed0fb440d187f382270cb455f21dd185",
        ),
        (
            &million,
            "3c3a876da14034ab60627c077bb98f7e120a2a5370212dffb3385a18d4f38859\
             ed311d0a9d5141ce9cc5c66ee689b266a8aa18ace8282a0e0db596c90b0a7b87",
        ),
    ];
    let expected: Vec<_> = vectors.iter().map(|(_, digest)| (*digest).to_owned()).collect();
    let messages = vectors.map(|(message, _)| message);
    for backend in Backend::available() {
        let computed =
            sha3_on(backend, &messages).iter().map(|digest| hex::encode(digest)).collect::<Vec<_>>();
        assert_eq!(computed, expected, "{}", backend.as_str());
        // Each alone, too: a lone message takes another way than one among others.
        for (message, expected) in messages.iter().zip(&expected).take(4) {
            assert_eq!(hex::encode(&sha3_on(backend, &[message])[0]), *expected, "{}", backend.as_str());
        }
    }
    for (message, expected) in messages.iter().zip(&expected) {
        assert_eq!(hex::encode(&ContentDigest::of(message).sha3_512), *expected);
        if dispatch::has_single() {
            assert_eq!(hex::encode(&sha3_512::own(message)), *expected);
        }
    }
}

#[test]
fn every_length_around_the_block_is_padded_right() {
    let messages: Vec<Vec<u8>> = (0..4 * RATE + 2).map(|length| message(length, length)).collect();
    let messages: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
    let expected: Vec<[u8; 64]> = messages.iter().map(|message| Sha3_512::digest(message).into()).collect();
    for backend in Backend::available() {
        assert_eq!(sha3_on(backend, &messages), expected, "{}", backend.as_str());
    }
}

#[test]
fn a_long_message_beside_short_ones_ends_alone_in_its_lane() {
    let long = message(300_000, 1);
    let short: Vec<Vec<u8>> = (0..20).map(|at| message(at * 5, at)).collect();
    for place in [0, 7, 20] {
        let mut messages: Vec<&[u8]> = short.iter().map(Vec::as_slice).collect();
        messages.insert(place, &long);
        let expected: Vec<[u8; 64]> =
            messages.iter().map(|message| Sha3_512::digest(message).into()).collect();
        for backend in Backend::available() {
            assert_eq!(sha3_on(backend, &messages), expected, "{} at {place}", backend.as_str());
        }
    }
}

#[test]
fn a_queue_holds_few_messages_and_hands_their_buffers_back() {
    for backend in Backend::available() {
        let mut queue = ManyHasher::with_backend(backend);
        for at in 0..backend.lanes() - 1 {
            queue.push(at, message(100, at));
            assert_eq!(queue.finished().count(), 0, "{}", backend.as_str());
        }
        queue.push(usize::MAX, message(100, 9));
        assert_eq!(queue.finished().count(), backend.lanes(), "equal messages end together");
        let buffer = queue.buffer();
        assert!(buffer.is_empty() && buffer.capacity() >= 100);
    }
}

#[test]
fn a_queue_holds_few_bytes() {
    for backend in Backend::available() {
        let mut queue = ManyHasher::holding(backend, 10_000);
        queue.push(1, message(6_000, 1));
        queue.push(2, message(3_000, 2));
        queue.push(3, message(2_000, 2));
        assert!(queue.finished().count() >= 1, "{}", backend.as_str());
        queue.push(4, message(10_001, 4));
        assert!(queue.finished().any(|done| done.tag == 4), "one that is too large to be held is not");
    }
}

#[test]
fn nothing_gives_nothing() {
    assert_eq!(digest_all(&[]), []);
    assert_eq!(PairHasher::new().take(), []);
    assert_eq!(ManyHasher::<()>::new().finish(), []);
}

fn messages() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let length = prop_oneof![4 => 0..200usize, 2 => 0..2_000usize, 1 => 2_000..20_000usize];
    let one = (length, any::<u16>()).prop_map(|(length, seed)| message(length, usize::from(seed)));
    proptest::collection::vec(one, 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn many_messages_have_the_digests_that_each_has_alone(messages in messages()) {
        let slices: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
        let expected: Vec<_> = slices.iter().map(|message| reference(message)).collect();
        for backend in Backend::available() {
            let pairs = slices.iter().map(|message| (*message, *message));
            prop_assert_eq!(&digest_on(backend, pairs), &expected);
        }
        prop_assert_eq!(digest_all(&slices), expected);
    }

    #[test]
    fn the_messages_of_a_pair_are_not_mixed_up(messages in messages()) {
        for backend in Backend::available() {
            let mut hasher = PairHasher::with_backend(backend);
            // Twice, with one memory.
            for _ in 0..2 {
                for (first, second) in messages.iter().zip(messages.iter().rev()) {
                    let (one, other) = first.split_at(first.len() / 2);
                    hasher.push(&[one, other], &[&[], second]);
                }
                let digests = hasher.take();
                prop_assert_eq!(digests.len(), messages.len());
                for (digest, (first, second)) in digests.iter().zip(messages.iter().zip(messages.iter().rev())) {
                    prop_assert_eq!(digest.sha3_512, reference(first).sha3_512);
                    prop_assert_eq!(digest.blake3, reference(second).blake3);
                }
            }
        }
    }

    #[test]
    fn a_queue_forgets_nothing_however_it_is_fed(
        messages in messages(),
        takes in proptest::collection::vec(any::<bool>(), 40),
    ) {
        for backend in Backend::available() {
            let mut queue = ManyHasher::with_backend(backend);
            let mut done = Vec::new();
            for ((at, message), take) in messages.iter().enumerate().zip(&takes) {
                let mut buffer = queue.buffer();
                prop_assert!(buffer.is_empty());
                buffer.extend_from_slice(message);
                queue.push(at, buffer);
                if *take {
                    done.extend(queue.finished());
                }
            }
            done.extend(queue.finish());
            done.sort_by_key(|done| done.tag);
            prop_assert_eq!(done.len(), messages.len());
            for ((at, message), done) in messages.iter().enumerate().zip(&done) {
                prop_assert_eq!((done.tag, done.length), (at, message.len() as u64));
                prop_assert_eq!(done.digest, reference(message));
            }
        }
    }

    #[test]
    fn pieces_of_any_length_give_the_digests_of_the_whole(
        length in 0..1_000usize,
        cuts in proptest::collection::vec(1..200usize, 0..20),
    ) {
        let whole = message(length, 3);
        let mut pieces = Vec::new();
        let mut rest = whole.as_slice();
        for cut in cuts {
            let (piece, after) = rest.split_at(cut.min(rest.len()));
            pieces.push(piece);
            rest = after;
        }
        pieces.push(rest);
        let mut hasher = ContentHasher::default();
        pieces.iter().for_each(|piece| hasher.update(piece));
        prop_assert_eq!(hasher.finish(), reference(&whole));
        if dispatch::has_single() {
            let mut own = sha3_512::Stream::own();
            pieces.iter().for_each(|piece| own.update(piece));
            prop_assert_eq!(own.finish(), reference(&whole).sha3_512);
        }
        prop_assert_eq!(ContentDigest::of(&whole), reference(&whole));
    }
}
