//! What must hold for every tree: the roots are what `docs/seal-format.md` says, and notice every change.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::sample::{Flat, id, manifest_of, nested, wide};
use super::{Difference, Manifest, compare};
use crate::base::ContentAddress;
use crate::hash::Algorithm;
use crate::model::RepoPath;

/// The specification again, as plainly as it can be said: digest and size of a directory.
fn naive(algorithm: Algorithm, files: &BTreeMap<&str, (&str, &[u8])>) -> (Vec<u8>, u64) {
    let mut leaves: Vec<(&str, Vec<u8>)> = Vec::new();
    let mut names: Vec<&str> = files.keys().map(|path| path.split('/').next().unwrap()).collect();
    names.dedup();
    let mut total = 0;
    for name in names {
        let (mode, size, digest) = match files.get(name) {
            Some((mode, content)) => (*mode, content.len() as u64, algorithm.digest(content)),
            None => {
                let prefix = format!("{name}/");
                let below = files
                    .iter()
                    .filter_map(|(path, file)| Some((path.strip_prefix(&prefix)?, *file)))
                    .collect();
                let (digest, size) = naive(algorithm, &below);
                ("040000", size, digest)
            }
        };
        let leaf = [format!("{mode} {size} {name}\0").as_bytes(), &digest].concat();
        leaves.push((name, leaf));
        total += size;
    }
    leaves.sort();
    let head = [&[2][..], &(leaves.len() as u64).to_be_bytes(), &total.to_be_bytes()].concat();
    (algorithm.digest(&[head, naive_set(algorithm, &leaves, 0)].concat()), total)
}

fn naive_set(algorithm: Algorithm, leaves: &[(&str, Vec<u8>)], depth: usize) -> Vec<u8> {
    if leaves.len() > 32 {
        let bit = |name: &str| {
            let key = ContentAddress::of(name.as_bytes());
            key.as_bytes()[depth / 8] >> (7 - depth % 8) & 1
        };
        let side = |wanted| -> Vec<(&str, Vec<u8>)> {
            leaves.iter().filter(|(name, _)| bit(name) == wanted).cloned().collect()
        };
        let (left, right) =
            (naive_set(algorithm, &side(0), depth + 1), naive_set(algorithm, &side(1), depth + 1));
        return algorithm.digest(&[&[1][..], &left, &right].concat());
    }
    match leaves {
        [] => algorithm.digest(b""),
        [(_, leaf)] => algorithm.digest(&[&[0][..], leaf].concat()),
        _ => {
            let mut cut = 1;
            while cut * 2 < leaves.len() {
                cut *= 2;
            }
            let (left, right) =
                (naive_set(algorithm, &leaves[..cut], depth), naive_set(algorithm, &leaves[cut..], depth));
            algorithm.digest(&[&[1][..], &left, &right].concat())
        }
    }
}

fn agrees_with_the_naive_one(files: &Flat) {
    let roots = manifest_of(files, id('a')).roots();
    let plain: BTreeMap<&str, (&str, &[u8])> =
        files.iter().map(|(path, (mode, content))| (path.as_str(), (*mode, content.as_slice()))).collect();
    assert_eq!(naive(Algorithm::Sha3_512, &plain), (roots.sha3_512.to_vec(), roots.bytes));
    assert_eq!(naive(Algorithm::Blake3, &plain), (roots.blake3.to_vec(), roots.bytes));
    assert_eq!(roots.files, files.len() as u64);
}

fn flat(manifest: &Manifest) -> Vec<String> {
    manifest.files().map(|file| file.path.to_string()).collect()
}

/// Paths with few names, so that they meet; some directories hold more than a list takes.
fn trees() -> impl Strategy<Value = Flat> {
    let path = prop_oneof![
        proptest::collection::vec("[a-c.-]{1,2}", 1..4).prop_map(|parts| parts.join("/")),
        (0..3_u8, 0..200_u8).prop_map(|(directory, number)| format!("w{directory}/n{number}")),
    ];
    let mode = prop_oneof![Just("100644"), Just("100755"), Just("120000")];
    let file = (mode, proptest::collection::vec(any::<u8>(), 0..8));
    proptest::collection::vec((path, file), 1..150).prop_map(|files| {
        let mut flat = Flat::new();
        for (path, file) in files {
            let clash = flat.keys().any(|other| {
                other.starts_with(&format!("{path}/")) || path.starts_with(&format!("{other}/"))
            });
            if !clash {
                flat.insert(path, file);
            }
        }
        flat
    })
}

#[test]
fn the_published_vectors_hold() {
    // docs/seal-format.md, "Test vectors"; computed by tests/verifier/verify_seal.py.
    let vectors = [
        (
            nested(),
            "ee7259db9c762150f9778cff587a65883963a767",
            r#"{"roots":{"blake3":"dae1f261db666e06cb6dd671bd907ed31367c6d6b7016a3a79c4dd8b805c0ae6","bytes":22,"files":4,"sha3_512":"d74bb545395378ab4eec4eeb82fbcd6df392072d2ca273dbe79ebf657f748f75bf290dea59db83217314b8ce99dc08ef7e48b920ebcbd10105361dfa7dbfab33"},"schema":"iao/manifest/v1","tree":"ee7259db9c762150f9778cff587a65883963a767"}"#,
        ),
        (
            wide(),
            "c35d832d36a2c2ecf74bb1292faef31b2a8f52ce",
            r#"{"roots":{"blake3":"f8d60910d9a2cf2a249dfe0d243afc9eb1cf714a149046f8230cf9002f63a332","bytes":33,"files":33,"sha3_512":"fb8bae08144f7fdb046510c8ed30418de8d420a46ac1e47aebfdb942d5d230ede1cd534601f816781df3d9502a65565198f4e31554d5ba0265856ef149b883f2"},"schema":"iao/manifest/v1","tree":"c35d832d36a2c2ecf74bb1292faef31b2a8f52ce"}"#,
        ),
        (
            Flat::new(),
            "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
            r#"{"roots":{"blake3":"3404cbd8af5c83050101ff4e98e074adc86f072d622bab477ba687eb0def2252","bytes":0,"files":0,"sha3_512":"1e91be04d616128919f7bc972901d7a728209e6a2154a9e04156051346693d0b2057d0804c8f469ae39f8ff28cfbfdff87d1186259051f3b96c69272af47949b"},"schema":"iao/manifest/v1","tree":"4b825dc642cb6eb9a060e54bf8d69288fbee4904"}"#,
        ),
    ];
    for (files, tree, document) in vectors {
        let made = manifest_of(&files, tree.parse().unwrap()).document().to_canonical();
        assert_eq!(String::from_utf8(made).unwrap(), document);
        agrees_with_the_naive_one(&files);
    }
}

#[test]
fn files_come_in_the_order_of_their_paths() {
    let files: Flat = ["a-b", "a/x", "a.b", "a0"]
        .into_iter()
        .map(|path| (path.to_owned(), ("100644", Vec::new())))
        .collect();
    assert_eq!(flat(&manifest_of(&files, id('a'))), ["a-b", "a.b", "a/x", "a0"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_roots_are_what_the_specification_says(files in trees()) {
        agrees_with_the_naive_one(&files);
        let manifest = manifest_of(&files, id('a'));
        prop_assert_eq!(flat(&manifest), files.keys().cloned().collect::<Vec<_>>());
        for (path, (mode, content)) in &files {
            let file = manifest.get(&RepoPath::from(path.as_str())).unwrap();
            prop_assert_eq!((file.mode.to_string(), file.size), ((*mode).to_owned(), content.len() as u64));
        }
    }

    #[test]
    fn every_single_change_moves_both_roots_and_is_named(files in trees(), pick in any::<prop::sample::Index>(), kind in 0..5_u8, bit in any::<u8>()) {
        let before = manifest_of(&files, id('a'));
        let (path, (mode, content)) = files.iter().nth(pick.index(files.len())).unwrap();
        let mut changed = files.clone();
        let mut named = vec![path.clone()];
        match (kind, content.is_empty()) {
            (0, false) => {
                let at = usize::from(bit) % (content.len() * 8);
                changed.get_mut(path).unwrap().1[at / 8] ^= 1 << (at % 8);
            }
            (1, _) => changed.get_mut(path).unwrap().0 = if *mode == "100755" { "100644" } else { "100755" },
            (2, _) | (0, true) => changed.get_mut(path).unwrap().1.push(bit),
            _ => {
                // Renamed in place, or moved to another directory.
                let to = if kind == 3 { format!("{path}~") } else { format!("moved/{path}") };
                let file = changed.remove(path).unwrap();
                named.push(to.clone());
                changed.insert(to, file);
            }
        }
        let after = manifest_of(&changed, id('a'));
        prop_assert_ne!(before.roots().sha3_512, after.roots().sha3_512);
        prop_assert_ne!(before.roots().blake3, after.roots().blake3);
        let Difference { path: found, .. } = compare(&before, &after).unwrap();
        // A directory stands for what it holds when it is on one side alone.
        prop_assert!(named.iter().any(|name| RepoPath::from(name.as_str()).is_within(&found)), "{found} of {named:?}");
        prop_assert!(kind > 2 || named.contains(&found.to_string()), "{found} of {named:?}");
        prop_assert_eq!(compare(&before, &before), None);
    }
}
