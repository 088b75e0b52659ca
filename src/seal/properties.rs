//! What must hold for every tree: the roots are what `docs/seal-format.md` says, and notice every change.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::directory::LIST_LIMIT;
use super::sample::{Flat, id, manifest_of, nested, wide};
use super::{Difference, Manifest, compare};
use crate::base::ContentAddress;
use crate::hash::Algorithm;
use crate::model::RepoPath;

/// The specification again, as plainly as it can be said: digest, files and size of a directory.
fn naive(algorithm: Algorithm, files: &BTreeMap<&str, (&str, &[u8])>) -> (Vec<u8>, u64, u64) {
    let mut leaves: Vec<Leaf<'_>> = Vec::new();
    let mut names: Vec<&str> = files.keys().map(|path| path.split('/').next().unwrap()).collect();
    names.dedup();
    for name in names {
        let (mode, size, digest, below) = match files.get(name) {
            Some((mode, content)) => (*mode, content.len() as u64, algorithm.digest(content), 1),
            None => {
                let prefix = format!("{name}/");
                let below = files
                    .iter()
                    .filter_map(|(path, file)| Some((path.strip_prefix(&prefix)?, *file)))
                    .collect();
                let (digest, below, size) = naive(algorithm, &below);
                ("040000", size, digest, below)
            }
        };
        let hash =
            algorithm.digest(&[&[0][..], format!("{mode} {size} {name}\0").as_bytes(), &digest].concat());
        leaves.push(Leaf { name, hash, files: below, size });
    }
    leaves.sort_by_key(|leaf| leaf.name);
    let set = naive_set(algorithm, &leaves, 0);
    let sum = |of: fn(&Leaf<'_>) -> u64| leaves.iter().map(of).sum();
    (
        algorithm.digest(&[vec![2], counted(&leaves, set)].concat()),
        sum(|leaf| leaf.files),
        sum(|leaf| leaf.size),
    )
}

#[derive(Clone)]
struct Leaf<'a> {
    name: &'a str,
    hash: Vec<u8>,
    files: u64,
    size: u64,
}

fn counted(leaves: &[Leaf<'_>], set: Vec<u8>) -> Vec<u8> {
    let numbers = [
        leaves.len() as u64,
        leaves.iter().map(|leaf| leaf.files).sum(),
        leaves.iter().map(|leaf| leaf.size).sum(),
    ];
    [numbers.map(u64::to_be_bytes).concat(), set].concat()
}

fn naive_set(algorithm: Algorithm, leaves: &[Leaf<'_>], depth: usize) -> Vec<u8> {
    if leaves.len() > LIST_LIMIT {
        let bit = |name: &str| {
            let key = ContentAddress::of(name.as_bytes());
            key.as_bytes()[depth / 8] >> (7 - depth % 8) & 1
        };
        let side = |wanted| {
            let leaves: Vec<Leaf<'_>> =
                leaves.iter().filter(|leaf| bit(leaf.name) == wanted).cloned().collect();
            let set = naive_set(algorithm, &leaves, depth + 1);
            counted(&leaves, set)
        };
        return algorithm.digest(&[vec![3], side(0), side(1)].concat());
    }
    match leaves {
        [] => algorithm.digest(b""),
        [leaf] => leaf.hash.clone(),
        _ => {
            let mut cut = 1;
            while cut * 2 < leaves.len() {
                cut *= 2;
            }
            let (left, right) =
                (naive_set(algorithm, &leaves[..cut], depth), naive_set(algorithm, &leaves[cut..], depth));
            algorithm.digest(&[vec![1], left, right].concat())
        }
    }
}

fn agrees_with_the_naive_one(files: &Flat) {
    let roots = manifest_of(files, id('a')).roots();
    let plain: BTreeMap<&str, (&str, &[u8])> =
        files.iter().map(|(path, (mode, content))| (path.as_str(), (*mode, content.as_slice()))).collect();
    assert_eq!(naive(Algorithm::Sha3_512, &plain), (roots.sha3_512.to_vec(), roots.files, roots.bytes));
    assert_eq!(naive(Algorithm::Blake3, &plain), (roots.blake3.to_vec(), roots.files, roots.bytes));
    assert_eq!(roots.files, files.len() as u64);
}

fn flat(manifest: &Manifest) -> Vec<String> {
    manifest.files().map(|file| file.path.to_string()).collect()
}

/// Paths with few names, so that they meet; some directories hold more than a list takes.
pub(super) fn trees() -> impl Strategy<Value = Flat> {
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
            r#"{"roots":{"blake3":"f962b191ea986fc3cd0adbaa2119a67ab9268ed85b089a70a13560bc5835ebe7","bytes":22,"files":4,"sha3_512":"9deb38e71978e8c89d0ce459787b9c4b679521e2efcf0faf98d060dbf33b31173b080fb8cbb21d897307def48d1d175263186376f8272e7cf90913dfba661112"},"schema":"iao/manifest/v1","tree":"ee7259db9c762150f9778cff587a65883963a767"}"#,
        ),
        (
            wide(),
            "c35d832d36a2c2ecf74bb1292faef31b2a8f52ce",
            r#"{"roots":{"blake3":"c993778161b46d6475592adb1bc239e006b7cceaacc346e0e449e30edaf4477a","bytes":33,"files":33,"sha3_512":"64c736fa1b9a659308d5c44036a1f510db5f17ed83a126ccbee0a21751cd5f985a5522ee8727567176e9204764791a42b0ad116a6b14f5367cdb81f3e903dd8f"},"schema":"iao/manifest/v1","tree":"c35d832d36a2c2ecf74bb1292faef31b2a8f52ce"}"#,
        ),
        (
            Flat::new(),
            "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
            r#"{"roots":{"blake3":"e7cc6f18c62c0cb43052f9b7d3c799df89c0ece3018fbfb2ecafb95afc6c279d","bytes":0,"files":0,"sha3_512":"3c6eb2b69dab523a465feedf6aa46e4a18e8ee443b266b67565f55f7f25e8f099595a7faced03b311dd581a61fc1b757ad89212dea51981da391174a87d0ec48"},"schema":"iao/manifest/v1","tree":"4b825dc642cb6eb9a060e54bf8d69288fbee4904"}"#,
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
