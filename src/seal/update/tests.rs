//! Boundaries grown from old ones, held against those made of the content.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::sample::Flat;
use super::super::shelf::{manifest_directory, segment_path};
use super::super::trees::Trees;
use super::*;
use crate::base::{CancelToken, ContentAddress, canonical};
use crate::git::testing::Sandbox;
use crate::git::{Names, Repository, TreeEdit};
use crate::model::{FileMode, ObjectId};
use crate::seal::build::hash_contents;
use crate::seal::content::Reading;

/// What a ledger holds.
type Held = BTreeMap<String, Vec<u8>>;

/// Stages the tree that holds these files.
fn stage(repository: &Repository, files: &Flat) -> ObjectId {
    let put = |(path, (mode, content)): (&String, &(&str, Vec<u8>))| TreeEdit::Put {
        path: RepoPath::from(path.as_str()),
        mode: match *mode {
            "100755" => FileMode::Executable,
            "120000" => FileMode::Symlink,
            "160000" => FileMode::Gitlink,
            _ => FileMode::Regular,
        },
        id: repository.stage_blob(content).unwrap(),
    };
    let edits: Vec<TreeEdit> = files.iter().map(put).collect();
    repository.stage_tree(repository.empty_tree(), &edits).unwrap()
}

fn build(repository: &Repository, tree: ObjectId) -> Manifest {
    Manifest::build(repository, tree, 1, &CancelToken::default()).unwrap()
}

fn hold(held: &mut Held, entries: Vec<crate::ledger::Entry>) {
    held.extend(entries.into_iter().map(|entry| (entry.path, entry.bytes)));
}

fn place_of(held: &Held, document: &Document) -> Location {
    let directory = format!("{}/", manifest_directory(document.address()));
    let (_, bytes) = held.iter().find(|(path, _)| path.starts_with(&directory)).unwrap();
    canonical::from_slice(bytes).unwrap()
}

/// Makes the boundary of `tree` from `old`; returns its document and what it writes.
fn grow_to(
    repository: &Repository,
    held: &Held,
    old: &Document,
    location: &Location,
    tree: ObjectId,
) -> Result<(Document, Vec<crate::ledger::Entry>), Stop> {
    let cancel = CancelToken::default();
    let plan = Plan::new(&mut Trees::new(repository, 0, &cancel), Some(old.tree), tree)?;
    let reading = Reading { names: Names::Verified, jobs: 1, cancel: &cancel };
    let blobs = hash_contents(repository, std::iter::once(&plan), plan.contents(), &reading).unwrap();
    let read = |path: &str| Ok(held.get(path).cloned());
    let manifest = grow(tree, (&plan, &blobs), old, location, Records::new(read))?;
    Ok((manifest.document(), manifest.ledger_entries()))
}

#[derive(Debug, Clone)]
enum Edit {
    Put(String, &'static str, u8),
    Remove(String),
    Move(String, String),
    Copy(String, String),
    Fill(u8, u8),
    Clear(u8, u8),
}

fn insert(files: &mut Flat, path: String, file: (&'static str, Vec<u8>)) {
    // A file takes the place of a directory, and the other way round.
    let below = format!("{path}/");
    files.retain(|other, _| !other.starts_with(&below) && !path.starts_with(&format!("{other}/")));
    files.insert(path, file);
}

fn make(files: &mut Flat, edit: &Edit) {
    let within = |files: &Flat, from: &str| -> Flat {
        let is_it = |path: &str| path == from || path.starts_with(&format!("{from}/"));
        files
            .iter()
            .filter(|(path, _)| is_it(path))
            .map(|(path, file)| (path.clone(), file.clone()))
            .collect()
    };
    match edit {
        Edit::Put(path, mode, byte) => insert(files, path.clone(), (mode, vec![*byte])),
        Edit::Remove(path) => within(files, path).keys().for_each(|path| {
            files.remove(path);
        }),
        Edit::Move(from, to) | Edit::Copy(from, to) => {
            let taken = within(files, from);
            if matches!(edit, Edit::Move(..)) {
                files.retain(|path, _| !taken.contains_key(path));
            }
            for (path, file) in taken {
                insert(files, format!("{to}{}", &path[from.len()..]), file);
            }
        }
        Edit::Fill(directory, count) => (0..*count).for_each(|number| {
            insert(files, format!("w{directory}/n{number}"), ("100644", vec![number]));
        }),
        Edit::Clear(directory, from) => files.retain(|path, _| {
            let number = path.strip_prefix(&format!("w{directory}/n")).and_then(|n| n.parse::<u8>().ok());
            number.is_none_or(|number| number < *from)
        }),
    }
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let path = || {
        prop_oneof![
            3 => proptest::collection::vec("[a-c]", 1..4).prop_map(|parts| parts.join("/")),
            1 => (0..3_u8, 0..80_u8).prop_map(|(directory, number)| format!("w{directory}/n{number}")),
            1 => (0..3_u8).prop_map(|directory| format!("w{directory}")),
        ]
    };
    let mode = prop_oneof![Just("100644"), Just("100755"), Just("120000"), Just("160000")];
    let edit = prop_oneof![
        4 => (path(), mode, 0..6_u8).prop_map(|(path, mode, byte)| Edit::Put(path, mode, byte)),
        2 => path().prop_map(Edit::Remove),
        1 => (path(), path()).prop_map(|(from, to)| Edit::Move(from, to)),
        1 => (path(), path()).prop_map(|(from, to)| Edit::Copy(from, to)),
        1 => (0..3_u8, 0..80_u8).prop_map(|(directory, count)| Edit::Fill(directory, count)),
        1 => (0..3_u8, 0..12_u8).prop_map(|(directory, from)| Edit::Clear(directory, from)),
    ];
    proptest::collection::vec(edit, 1..8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_past_leads_to_what_the_content_alone_leads_to(seals in proptest::collection::vec(edits(), 1..6)) {
        let sandbox = Sandbox::new();
        let repository = sandbox.open();
        let (mut files, mut held) = (Flat::new(), Held::new());
        let first = build(&repository, stage(&repository, &files));
        let mut old = first.document();
        hold(&mut held, first.ledger_entries());
        for edits in &seals {
            edits.iter().for_each(|edit| make(&mut files, edit));
            let tree = stage(&repository, &files);
            let whole = build(&repository, tree);
            let place = place_of(&held, &old);
            let (document, entries) = grow_to(&repository, &held, &old, &place, tree).unwrap();
            prop_assert_eq!(&document, &whole.document());
            hold(&mut held, entries);
            let read = |path: &str| Ok(held.get(path).cloned());
            let place = place_of(&held, &document);
            let loaded = Manifest::load_records(&document, &place, Records::new(read)).unwrap();
            prop_assert!(loaded.files().eq(whole.files()));
            old = document;
        }
    }
}

/// Two trees: a nested one with a wide directory, and the same after changes of every kind.
fn two(repository: &Repository) -> [ObjectId; 2] {
    let mut files = Flat::new();
    make(&mut files, &Edit::Fill(0, 14));
    make(&mut files, &Edit::Fill(1, 40));
    for (path, mode) in [("a/b/c", "100644"), ("a/x", "100755"), ("c/d", "120000"), ("c/e", "100644")] {
        make(&mut files, &Edit::Put(path.to_owned(), mode, 9));
    }
    let before = stage(repository, &files);
    for edit in [
        Edit::Put("w0/n7".to_owned(), "100644", 99),
        Edit::Remove("w0/n12".to_owned()),
        Edit::Move("c".to_owned(), "d/c".to_owned()),
        Edit::Put("a/b/c".to_owned(), "100644", 98),
    ] {
        make(&mut files, &edit);
    }
    [before, stage(repository, &files)]
}

#[test]
fn a_changed_record_never_makes_a_false_boundary() {
    let sandbox = Sandbox::new();
    let repository = sandbox.open();
    let [before, after] = two(&repository);
    let (first, truth) = (build(&repository, before), build(&repository, after).document());
    let (mut held, old) = (Held::new(), first.document());
    hold(&mut held, first.ledger_entries());
    let place = place_of(&held, &old);
    let good = held[&segment_path(place.records)].clone();
    let (mut noticed, mut unread) = (0, 0);
    // One bit of every third byte, another one each time.
    for bit in (0..good.len()).step_by(3).map(|byte| byte * 8 + byte % 8) {
        let mut bytes = good.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        // Under the name it then has, as somebody would put it there who can write to the ledger.
        let segment = ContentAddress::of(&bytes);
        let poisoned = Held::from([(segment_path(segment), bytes)]);
        let moved = Location { records: segment, ..place.clone() };
        match grow_to(&repository, &poisoned, &old, &moved, after) {
            Err(Stop::Old(_)) => noticed += 1,
            Err(stop) => panic!("bit {bit}: {stop:?}"),
            Ok((document, _)) => {
                assert_eq!(document, truth, "bit {bit}");
                unread += 1;
            }
        }
    }
    assert!(noticed > 0 && unread > 0, "{noticed} noticed, {unread} not read");
}

#[test]
fn a_base_of_another_tree_is_noticed() {
    let sandbox = Sandbox::new();
    let repository = sandbox.open();
    let [before, after] = two(&repository);
    let first = build(&repository, before);
    let (mut held, mut old) = (Held::new(), first.document());
    hold(&mut held, first.ledger_entries());
    let place = place_of(&held, &old);
    old.roots.files += 1;
    assert!(matches!(grow_to(&repository, &held, &old, &place, after), Err(Stop::Old(_))));
    old.roots.files -= 1;
    old.roots.blake3[0] ^= 1;
    assert!(matches!(grow_to(&repository, &held, &old, &place, after), Err(Stop::Old(_))));
}

#[test]
fn what_moves_is_not_read_again() {
    let sandbox = Sandbox::new();
    let repository = sandbox.open();
    let [before, after] = two(&repository);
    let plan =
        Plan::new(&mut Trees::new(&repository, 0, &CancelToken::default()), Some(before), after).unwrap();
    assert_eq!(plan.contents().len(), 2);
    assert_eq!(plan.touched(), 2);
}
