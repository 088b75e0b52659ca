//! Archives of every kind, honest ones and hostile ones.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::build::{Part, deflate, gzip, tar, tar_entry, zip};
use super::unpack;

/// The members that are texts, and what was missed.
fn members(archive: &[u8], name: &str) -> (Vec<(String, String)>, Option<String>) {
    let mut members = Vec::new();
    let missed = unpack(archive, name.as_bytes(), &|bytes| !bytes.contains(&0), &mut |member| {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        members.push((text(member.path), text(member.bytes)));
    });
    (members, missed)
}

fn whole(archive: &[u8], name: &str) -> Vec<(String, String)> {
    let (members, missed) = members(archive, name);
    assert_eq!(missed, None);
    members
}

fn missed(archive: &[u8], name: &str) -> String {
    members(archive, name).1.expect("something was missed")
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

#[test]
fn each_kind_of_archive_is_opened() {
    let files = [("a/b.env", "one"), ("c", "two")];
    let parts = [Part::deflated("a/b.env", b"one"), Part::stored("c", b"two"), Part::stored("d/", b"")];
    let bytes = files.map(|(name, text)| (name, text.as_bytes()));
    assert_eq!(whole(&zip(&parts), "x.zip"), [pairs(&files), pairs(&[("d/", "")])].concat());
    assert_eq!(whole(&tar(&bytes), "x.tar"), pairs(&files));
    assert_eq!(whole(&gzip(&tar(&bytes)), "deep/x.tgz"), pairs(&files));
    assert_eq!(whole(&gzip(b"text"), "deep/dump.sql.gz"), pairs(&[("dump.sql", "text")]));
    assert_eq!(whole(&[gzip(b"one "), gzip(b"two")].concat(), "x.gz"), pairs(&[("x", "one two")]));
}

#[test]
fn archives_within_archives_are_opened_so_deep() {
    let mut archive = gzip(b"text");
    for depth in 1..=5 {
        if depth < 4 {
            assert_eq!(whole(&archive, "x.gz").len(), 1, "{depth}");
        }
        archive = zip(&[Part::stored("in.gz", &archive)]);
    }
    let why = missed(&archive, "x.zip");
    assert_eq!(why, "member `in.gz/in.gz/in.gz/in.gz` lies in more than 4 archives");
    let jar = zip(&[Part::deflated("app.properties", b"text")]);
    let war = gzip(&tar(&[("lib/x.jar", &jar)]));
    assert_eq!(whole(&war, "x.tar.gz"), pairs(&[("lib/x.jar/app.properties", "text")]));
}

#[test]
fn long_names_of_tar_are_read() {
    let long = "a/".repeat(80) + "b";
    let record = |key: &str, value: &str| {
        let rest = format!(" {key}={value}\n");
        let length = (1..).find(|length: &usize| length.to_string().len() + rest.len() == *length).unwrap();
        format!("{length}{rest}")
    };
    let pax = record("mtime", "1") + &record("path", &long);
    for archive in [
        [tar_entry("x", b'x', pax.as_bytes()), tar_entry("short", b'0', b"text")].concat(),
        [tar_entry("@LongLink", b'L', format!("{long}\0").as_bytes()), tar_entry("short", b'0', b"text")]
            .concat(),
        [
            tar_entry("g", b'g', record("path", "no").as_bytes()),
            tar_entry("l", b'2', b""),
            tar_entry("x", b'x', pax.as_bytes()),
            tar_entry("s", 0, b"text"),
        ]
        .concat(),
    ] {
        assert_eq!(whole(&archive, "x.tar"), pairs(&[(&long, "text")]));
    }
}

#[test]
fn what_cannot_be_unpacked_is_told() {
    let part = |method, flags| Part { method, flags, ..Part::stored("a.env", b"some text") };
    assert_eq!(missed(&zip(&[part(0, 1)]), "x.zip"), "member `a.env` is encrypted");
    assert_eq!(missed(&zip(&[part(93, 0)]), "x.zip"), "member `a.env` is packed by method 93");
    assert_eq!(missed(&zip(&[part(8, 0)]), "x.zip"), "member `a.env` is damaged or cut off");
    let both = zip(&[part(0, 1), part(14, 0), Part::stored("b", b"text")]);
    let (found, why) = members(&both, "x.zip");
    assert_eq!((found.len(), why.unwrap().as_str()), (1, "member `a.env` is encrypted; and 1 more of it"));
    let elsewhere = Part { place: Some(1 << 30), ..Part::stored("a", b"text") };
    assert_eq!(missed(&zip(&[elsewhere]), "x.zip"), "member `a` is not in the archive");
    assert_eq!(missed(b"\x1f\x8b\x08\x04", "x.gz"), "the archive is damaged or cut off");
}

#[test]
fn archives_that_are_cut_off_are_read_as_far_as_they_go() {
    let text = "a text that is long enough to be cut. ".repeat(40);
    let honest = zip(&[Part::deflated("a", text.as_bytes()), Part::stored("b", text.as_bytes())]);
    for length in [honest.len() - 10, honest.len() - 60, honest.len() - 200] {
        let (found, why) = members(&honest[..length], "x.zip");
        assert_eq!(found[0], ("a".to_owned(), text.clone()), "{length}");
        assert!(why.is_some(), "{length}");
    }
    let archive = tar(&[("a", text.as_bytes()), ("b", text.as_bytes())]);
    let (found, why) = members(&archive[..512 + 1536 + 512 + 700], "x.tar");
    assert_eq!((found.len(), found[1].1.len()), (2, 700));
    assert_eq!(why.as_deref(), Some("member `b` is cut off"));
    let packed = gzip(text.repeat(9).as_bytes());
    let (found, why) = members(&packed[..packed.len() - 20], "x.gz");
    assert!(found[0].1.starts_with("a text that is") && why.is_some());
}

#[test]
fn an_archive_behind_a_program_is_not_at_its_beginning() {
    // A directory that says other places than its members have, as tools that put something before an archive leave it.
    let archive = zip(&[Part::deflated("a", b"text")]);
    let shifted = [b"PK\x03\x04 something else ".as_slice(), &archive].concat();
    assert_eq!(whole(&shifted, "x.zip"), pairs(&[("a", "text")]));
}

#[test]
fn bombs_take_no_more_than_the_bounds_let_through() {
    let began = Instant::now();
    let zeros = "0".repeat(20 << 20);
    let packed = deflate(zeros.as_bytes());
    let bomb = Part { data: packed.clone(), ..Part::deflated("a", b"") };
    let (found, why) = members(&zip(std::slice::from_ref(&bomb)), "x.zip");
    assert_eq!(found[0].1.len(), 100 * packed.len());
    assert_eq!(why.as_deref(), Some("member `a` unpacks to more than 100 times its size"));
    // Many of them come to the bound of all.
    let parts: Vec<Part> = (0..60).map(|at| Part { name: format!("{at}").into(), ..bomb.clone() }).collect();
    let (found, why) = members(&zip(&parts), "x.zip");
    assert_eq!(found.iter().map(|(_, text)| text.len()).sum::<usize>(), super::bounds::UNPACKED);
    assert!(why.unwrap().ends_with("59 more of it"));
    // Members that share one set of data are unpacked once.
    let packed = u32::try_from(packed.len()).unwrap();
    let again = Part { place: Some(0), data: Vec::new(), packed: Some(packed), ..bomb.clone() };
    let (found, why) = members(&zip(&[vec![bomb], vec![again; 500]].concat()), "x.zip");
    assert_eq!(found.len(), 1);
    assert!(why.unwrap().ends_with("500 more of it"));
    assert!(began.elapsed() < Duration::from_secs(60));
}

#[test]
fn a_gzip_that_holds_itself_many_times_over_ends() {
    let mut quine = gzip(b"text");
    for _ in 0..1000 {
        quine = gzip(&quine);
    }
    assert!(missed(&quine, "x.gz").contains("lies in more than 4 archives"));
}

#[test]
fn too_many_members_are_told() {
    let archive: Vec<u8> = tar_entry("a", b'0', b"").repeat(super::bounds::ENTRIES + 2);
    assert_eq!(missed(&archive, "x.tar"), "member `a` comes after 100000 others");
}

#[test]
fn a_member_that_is_binary_is_unpacked_no_further_than_its_beginning() {
    let binary: Vec<u8> = (0..1_000_000_u32).flat_map(|number| (number * 7).to_le_bytes()).collect();
    assert_eq!(
        whole(&zip(&[Part::deflated("a.class", &binary), Part::stored("b", b"text")]), "x.jar"),
        pairs(&[("b", "text")])
    );
}

#[test]
fn names_that_mislead_are_shown_plainly() {
    let part = Part { flags: 1, ..Part::stored("a\x1b[2J\u{202e}gnp.exe", b"text") };
    assert_eq!(missed(&zip(&[part]), "x.zip"), "member `a%1B[2J%E2%80%AEgnp.exe` is encrypted");
    let long = Part { flags: 1, ..Part::stored(&"x".repeat(60_000), b"text") };
    assert!(missed(&zip(&[long]), "x.zip").len() < 300);
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..6),
        cut in any::<proptest::sample::Index>(),
    ) {
        let inner = zip(&[Part::deflated("a", &bytes), Part::stored("b", &bytes)]);
        for mut archive in [inner.clone(), tar(&[("x", &inner), ("y", &bytes)]), gzip(&tar(&[("x", &bytes)]))] {
            for (at, byte) in &changes {
                let at = at.index(archive.len());
                archive[at] = *byte;
            }
            archive.truncate(cut.index(archive.len() + 1));
            let _ = members(&archive, "x");
        }
    }

    #[test]
    fn what_is_packed_comes_back(texts in proptest::collection::vec("[ -~]{0,400}", 1..5)) {
        let names: Vec<String> = (0..texts.len()).map(|at| format!("{at}")).collect();
        let expected: Vec<(String, String)> = names.iter().cloned().zip(texts.iter().cloned()).collect();
        let parts: Vec<Part> = expected.iter().map(|(name, text)| Part::deflated(name, text.as_bytes())).collect();
        let files: Vec<(&str, &[u8])> = expected.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
        prop_assert_eq!(whole(&zip(&parts), "x.zip"), expected.clone());
        prop_assert_eq!(whole(&gzip(&tar(&files)), "x.tgz"), expected);
    }
}
