//! Records that nobody writes: a few bytes that stand for more than any memory holds, slipped in beside honest ones.
//!
//! Whoever can write to a shared ledger can add them, and they stay there. So each command must pass them by in time and
//! memory that follow what is stored, never what it claims to stand for.

use std::fs;

use git_iao::base::ContentAddress;
use serde_json::Value;

use crate::sandbox::Sandbox;
use crate::verify_seal::forge;

/// How much address space a command gets, in MiB; what is slipped in has at most 6.
const SPACE: u32 = 1024;

/// A segment that is being written, record by record.
#[derive(Default)]
struct Segment {
    records: Vec<u8>,
    others: Vec<ContentAddress>,
}

impl Segment {
    /// Adds a record, and says where it begins.
    fn add(&mut self, record: &[u8]) -> usize {
        self.records.extend_from_slice(record);
        self.records.len() - record.len()
    }

    /// A link from the record that is added next to one before it.
    fn back(&self, offset: usize) -> Vec<u8> {
        [number(0), number(self.records.len() - offset)].concat()
    }

    /// The same, with totals and a digest that are nobody's.
    fn claimed(&self, offset: usize) -> Vec<u8> {
        [number(1), number(self.records.len() - offset), claim()].concat()
    }

    fn split(&mut self, sides: [Vec<u8>; 2]) -> usize {
        self.add(&[b"S".to_vec(), sides.concat()].concat())
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = b"iao-records/1\n".to_vec();
        bytes.extend(u16::try_from(self.others.len()).unwrap().to_be_bytes());
        self.others.iter().for_each(|other| bytes.extend(other.as_bytes()));
        [bytes, self.records.clone()].concat()
    }
}

/// Seven bits a byte, the lowest first.
fn number(value: usize) -> Vec<u8> {
    let (mut value, mut bytes) = (value, Vec::new());
    while value >= 0x80 {
        bytes.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
        value >>= 7;
    }
    bytes.push(u8::try_from(value).unwrap());
    bytes
}

fn claim() -> Vec<u8> {
    [number(9), number(9), number(9), vec![0; 96]].concat()
}

fn named(mode: u16, name: &[u8], rest: Vec<u8>) -> Vec<u8> {
    [mode.to_be_bytes().to_vec(), number(name.len()), name.to_vec(), rest].concat()
}

fn file(name: &[u8]) -> Vec<u8> {
    named(0o100_644, name, [number(1), vec![0; 96]].concat())
}

fn directory(name: &[u8], link: Vec<u8>) -> Vec<u8> {
    named(0o040_000, name, link)
}

fn list(entries: &[Vec<u8>]) -> Vec<u8> {
    [b"L".to_vec(), number(entries.len()), entries.concat()].concat()
}

/// The segments of an attack, and where in the last of them a reader begins.
type Attack = (Vec<Segment>, usize);

/// Splits that have the same record on both sides, and so on: 2^levels lists.
fn laughs(levels: usize, bottom: &[u8], link: fn(&Segment, usize) -> Vec<u8>) -> Attack {
    let mut segment = Segment::default();
    let mut below = segment.add(bottom);
    for _ in 0..levels {
        let side = link(&segment, below);
        below = segment.split([side.clone(), side]);
    }
    (vec![segment], below)
}

/// The same, each split in a segment of its own.
fn laughs_through_segments(levels: usize) -> Attack {
    let mut segments = vec![Segment::default()];
    let mut below = segments[0].add(&list(&[file(b"x")]));
    for _ in 0..levels {
        let mut next = Segment::default();
        next.others.push(ContentAddress::of(&segments[segments.len() - 1].bytes()));
        let side = [number(2), number(below), claim()].concat();
        below = next.split([side.clone(), side]);
        segments.push(next);
    }
    (segments, below)
}

/// Directories that hold the same directory four times, and so on.
fn laughs_of_directories(levels: usize, each: usize) -> Attack {
    let mut segment = Segment::default();
    let mut below = segment.add(&list(&[file(b"x")]));
    for _ in 0..levels {
        let link = segment.back(below);
        let entries: Vec<Vec<u8>> =
            (b'a'..).take(each).map(|name| directory(&[name], link.clone())).collect();
        below = segment.add(&list(&entries));
    }
    (vec![segment], below)
}

/// Directories in directories; the paths together are far longer than the segment.
fn deep(levels: usize, name: &[u8]) -> Attack {
    let mut segment = Segment::default();
    let mut below = segment.add(&list(&[file(b"x")]));
    for _ in 0..levels {
        let record = list(&[directory(name, segment.back(below))]);
        below = segment.add(&record);
    }
    (vec![segment], below)
}

/// Splits of splits, one side empty.
fn deep_splits(levels: usize) -> Attack {
    let mut segment = Segment::default();
    let empty = segment.add(&list(&[]));
    let mut below = empty;
    for _ in 0..levels {
        let sides = [segment.back(below), segment.back(empty)];
        below = segment.split(sides);
    }
    (vec![segment], below)
}

/// Lists that begin in the names of other lists, each reached through splits: every byte is read many times.
fn dolls(count: usize) -> Attack {
    let mut inner = list(&[]);
    let mut from_end = vec![inner.len()];
    let tail = [number(1), vec![0; 96]].concat();
    for _ in 1..count {
        inner = list(&[named(0o100_644, &inner, tail.clone())]);
        // Whatever is wrapped around it later, as much as this stands after its beginning.
        from_end.iter_mut().for_each(|length| *length += tail.len());
        from_end.push(inner.len());
    }
    let mut segment = Segment::default();
    let end = segment.add(&inner) + inner.len();
    let mut level: Vec<usize> = from_end.iter().map(|length| end - length).collect();
    while level.len() > 1 {
        level = level
            .chunks(2)
            .map(|pair| {
                let sides = [segment.back(pair[0]), segment.back(pair[pair.len() - 1])];
                segment.split(sides)
            })
            .collect();
    }
    (vec![segment], level[0])
}

fn one(record: &[u8]) -> Attack {
    let mut segment = Segment::default();
    let at = segment.add(record);
    (vec![segment], at)
}

fn attacks() -> Vec<(&'static str, Attack)> {
    let many: Vec<Vec<u8>> = (0..40_000).map(|number| file(format!("{number:05}").as_bytes())).collect();
    let endless = [b"L".to_vec(), number(1 << 60), file(b"x")].concat();
    let mut headed = one(&list(&[]));
    headed.0[0].others = vec![ContentAddress::of(b"nothing"); 65_535];
    vec![
        ("splits that share", laughs(200, &list(&[file(b"x")]), Segment::back)),
        ("splits that share and claim", laughs(200, &list(&[file(b"x")]), Segment::claimed)),
        ("splits that share through segments", laughs_through_segments(60)),
        ("splits that share a long list", laughs(12, &list(&many), Segment::back)),
        ("directories that share", laughs_of_directories(200, 4)),
        ("directories that share, below 2^53", laughs_of_directories(25, 4)),
        ("deep directories", deep(100_000, b"d")),
        ("deep directories of long names", deep(20_000, &[b'n'; 255])),
        ("deep splits", deep_splits(100_000)),
        ("as many splits as may be", deep_splits(256)),
        ("lists in names", dolls(6_000)),
        ("more entries than bytes", one(&endless)),
        ("a long list", one(&list(&many))),
        ("a long name", one(&list(&[file(&vec![b'n'; 6_000_000])]))),
        ("a long header", headed),
    ]
}

/// Puts `attack` into the ledger, and a location of the manifest that leads to it and is looked at first.
fn slip_in(sandbox: &Sandbox, (segments, offset): &Attack) {
    let listed = sandbox.git(&["ls-tree", "-r", "--name-only", "refs/iao/ledger", "manifests"]);
    let honest = listed.lines().find(|path| path.matches('/').count() == 5).unwrap();
    let text = sandbox.git(&["show", &format!("refs/iao/ledger:{honest}")]);
    let location: Value = serde_json::from_str(&text).unwrap();
    let (folder, name) = honest.rsplit_once('/').unwrap();
    let mut written: Vec<Vec<u8>> = segments.iter().map(Segment::bytes).collect();
    let last = written.pop().unwrap();
    let (last, pointing) = (0_u32..)
        .map(|nonce| {
            let bytes = [last.clone(), nonce.to_be_bytes().to_vec()].concat();
            let mut pointing = location.clone();
            pointing["offset"] = (*offset).into();
            pointing["records"] = ContentAddress::of(&bytes).to_string().into();
            (bytes, pointing.to_string())
        })
        .find(|(_, pointing)| ContentAddress::of(pointing.as_bytes()).to_string().as_str() < name)
        .unwrap();
    written.push(last);
    forge(sandbox, |top| {
        for bytes in &written {
            let name = ContentAddress::of(bytes).to_string();
            let place = top.join(format!("records/{}/{}/{}", &name[..1], &name[1..2], &name[2..3]));
            fs::create_dir_all(&place).unwrap();
            fs::write(place.join(&name), bytes).unwrap();
        }
        let name = format!("{}.json", ContentAddress::of(pointing.as_bytes()));
        fs::write(top.join(folder).join(name), &pointing).unwrap();
    });
}

#[test]
fn records_that_stand_for_more_than_is_stored_cost_what_is_stored() {
    let sandbox = Sandbox::new().file("a", "1").file("d/b", "2").commit("sealed");
    sandbox.iao("seal").exits(0);
    let (sealed, honest) = (sandbox.revision("HEAD"), sandbox.revision("refs/iao/ledger"));
    sandbox.put("d/b", "3");
    sandbox.commit_all("not sealed");
    let start = honest_refs(&sandbox);
    let mut broken = Vec::new();
    for (name, attack) in attacks() {
        slip_in(&sandbox, &attack);
        for command in [
            format!("verify --seal {sealed}"),
            format!("verify --seal --depth merkle {sealed}"),
            format!("verify --seal --depth worktree {sealed}"),
            format!("show --manifest {sealed}"),
            format!("proof a {sealed}"),
            "seal HEAD".to_owned(),
            "verify --seal --depth merkle HEAD".to_owned(),
        ] {
            let ended = sandbox.iao_bounded(&command, SPACE);
            // The file on disk is another than the sealed one.
            if ended != Ok(i32::from(command.contains("worktree"))) {
                broken.push(format!("{name}: {command}: {ended:?}"));
            }
        }
        restore(&sandbox, &honest, &start);
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// Our refs but for the ledger, as they stand before an attack.
fn honest_refs(sandbox: &Sandbox) -> String {
    sandbox.git(&["for-each-ref", "--format=%(objectname) %(refname)", "refs/iao/", "refs/notes/iao"])
}

/// Takes the clone back to the honest ledger, and has it forget that it saw another.
fn restore(sandbox: &Sandbox, honest: &str, start: &str) {
    for line in honest_refs(sandbox).lines() {
        let (_, name) = line.split_once(' ').unwrap();
        sandbox.git(&["update-ref", "-d", name]);
    }
    for line in start.lines() {
        let (id, name) = line.split_once(' ').unwrap();
        sandbox.git(&["update-ref", name, id]);
    }
    assert_eq!(sandbox.revision("refs/iao/ledger"), honest);
    let _ = fs::remove_dir_all(sandbox.path().join(".git/iao/trust"));
}

#[test]
fn a_tree_that_holds_itself_many_times_over_is_sealed_and_checked_in_what_is_stored() {
    let sandbox = Sandbox::new().file("f", "x").commit("first");
    let mut tree = sandbox.revision("HEAD^{tree}");
    for _ in 0..40 {
        let listed = ["a", "b"].map(|name| format!("040000 tree {tree}\t{name}\n")).concat();
        sandbox.put("listed", listed);
        tree = sandbox.git(&["-c", "alias.make=!git mktree <listed", "make"]);
    }
    let commit = sandbox.git(&["commit-tree", &tree, "-m", "2^40 files"]);
    let file = format!("{}f", "a/".repeat(40));
    for command in [
        format!("seal {commit}"),
        format!("verify --seal {commit}"),
        format!("verify --seal --depth merkle {commit}"),
        format!("proof {file} {commit}"),
        format!("show {commit}"),
        format!("audit {commit}"),
    ] {
        assert_eq!(sandbox.iao_bounded(&command, SPACE), Ok(0), "{command}");
    }
    // More lines than anybody waits for come as they are made.
    let lines = sandbox.iao_first_lines(&format!("show --manifest {commit}"), SPACE, 3);
    assert_eq!(lines.lines().count(), 3);
    assert!(lines.lines().next().unwrap().ends_with(&file), "{lines}");
    // Where sizes add up to more than can be written, nothing is sealed.
    for _ in 0..13 {
        sandbox.put("listed", format!("040000 tree {tree}\ta\n040000 tree {tree}\tb\n"));
        tree = sandbox.git(&["-c", "alias.make=!git mktree <listed", "make"]);
    }
    let commit = sandbox.git(&["commit-tree", &tree, "-m", "2^53 files"]);
    assert_eq!(sandbox.iao_bounded(&format!("seal {commit}"), SPACE), Ok(2));
}
