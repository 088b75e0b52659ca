//! Every bit and every length of the evidence, in process: a process for each flip would take days.
//!
//! Small evidence is harmed in every way, large evidence in a thousand ways drawn by a fixed seed. The counts go to
//! stderr; `tests/attack/tamper.py` puts samples of the same through the binary.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;

use git_iao::base::ContentAddress;
use git_iao::event::{self, Anchor};
use git_iao::git::{Location, NewCommit, Person, Repository, TreeEdit};
use git_iao::ledger::{LEDGER_REF, Ledger, NOTES_REF};
use git_iao::model::{FileMode, ObjectId, RepoPath};
use git_iao::seal::{Manifest, Note, StoredSeal, judge_signature};
use git_iao::supply_chain::{AllowedSigners, Trust, Verifier};

use crate::log::stream;
use crate::sandbox::Sandbox;
use crate::sign;

/// How many harms are drawn for evidence that is too large for all of them.
const SAMPLE: usize = 1_000;

/// Every flip of one bit, and every cut.
fn all_harms(bytes: &[u8]) -> Vec<Harm> {
    let flips = (0..bytes.len() * 8).map(Harm::Flip);
    flips.chain((0..bytes.len()).map(Harm::Cut)).collect()
}

/// A sample of them; the same one in every run.
fn some_harms(bytes: &[u8]) -> Vec<Harm> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut below = |limit: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % limit
    };
    (0..SAMPLE)
        .map(|number| match number % 2 {
            0 => Harm::Flip(below(bytes.len() * 8)),
            _ => Harm::Cut(below(bytes.len())),
        })
        .collect()
}

/// One thing that is done to evidence.
#[derive(Debug, Clone, Copy)]
enum Harm {
    /// Turns over the bit with this number.
    Flip(usize),
    /// Leaves this many bytes.
    Cut(usize),
}

impl Harm {
    fn done_to(self, bytes: &[u8]) -> Vec<u8> {
        let mut harmed = bytes.to_vec();
        match self {
            Self::Flip(bit) => harmed[bit / 8] ^= 1 << (bit % 8),
            Self::Cut(length) => harmed.truncate(length),
        }
        harmed
    }
}

/// Does each harm to `bytes`, counts those that are `noticed`, tells the count, and holds that it is all.
fn hold_noticed(what: &str, bytes: &[u8], harms: &[Harm], noticed: impl Fn(&[u8]) -> bool) {
    assert!(!noticed(bytes), "{what}: what nobody harmed is refused");
    let missed: Vec<Harm> = harms.iter().copied().filter(|harm| !noticed(&harm.done_to(bytes))).collect();
    let of = if harms.len() < bytes.len() * 9 { "drawn" } else { "possible" };
    tell(&format!(
        "{what}, {} bytes: {} of {} {of} harms noticed",
        bytes.len(),
        harms.len() - missed.len(),
        harms.len()
    ));
    assert!(missed.is_empty(), "{what}: nobody noticed {:?}", &missed[..missed.len().min(20)]);
}

fn tell(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// A repository with one seal, as a clone that never saw an older ledger opens it, and what its ledger holds.
struct Scene {
    sandbox: Sandbox,
    repository: Repository,
    entries: BTreeMap<String, Vec<u8>>,
}

impl Scene {
    fn sealed(sandbox: Sandbox) -> Self {
        sandbox.iao("seal").exits(0);
        fs::remove_dir_all(sandbox.path().join(".git/iao/trust")).unwrap();
        let location = Location { directory: sandbox.path().to_owned(), ..Location::default() };
        let repository = Repository::open(&location).unwrap();
        let ledger = Ledger::open(&repository).unwrap();
        let entries = ledger.read_below("", |_| true).unwrap().into_iter().collect();
        Self { sandbox, repository, entries }
    }

    /// Two files in a directory each: evidence of a few hundred bytes a piece.
    fn small() -> Self {
        Self::sealed(Sandbox::new().file("a", "hello\n").file("d/b", "x\n").commit("first"))
    }

    /// The first entry below a directory of the ledger whose bytes hold these words.
    fn entry(&self, directory: &str, words: &str) -> (&str, &[u8]) {
        let holds = |bytes: &[u8]| bytes.windows(words.len()).any(|window| window == words.as_bytes());
        let is_it = |(path, bytes): &(&String, &Vec<u8>)| path.starts_with(directory) && holds(bytes);
        let (path, bytes) = self.entries.iter().find(is_it).unwrap();
        (path, bytes)
    }

    fn document(&self) -> (&str, &[u8]) {
        self.entry("manifests/", "iao/manifest/v1")
    }

    fn location(&self) -> (&str, &[u8]) {
        self.entry("manifests/", "iao/manifest-location/v1")
    }

    fn segment(&self) -> (&str, &[u8]) {
        self.entry("records/", "iao-records/1")
    }

    /// Stages a ledger with these entries and no history; nothing is written.
    fn rewritten(&self, changes: &[(&str, &[u8])]) -> ObjectId {
        self.repository.discard_staged();
        let head = self.repository.ref_target(LEDGER_REF).unwrap().unwrap();
        let base = self.repository.commit(head).unwrap();
        let put = |(path, bytes): &(&str, &[u8])| TreeEdit::Put {
            path: RepoPath::from(*path),
            mode: FileMode::Regular,
            id: self.repository.stage_blob(bytes).unwrap(),
        };
        let edits: Vec<TreeEdit> = changes.iter().map(put).collect();
        let tree = self.repository.stage_tree(base.tree, &edits).unwrap();
        let person = Person { name: "Mallory".to_owned(), email: "mallory@example.org".to_owned() };
        let commit = NewCommit {
            tree,
            parents: Vec::new(),
            person,
            time: base.committed,
            message: "attack".to_owned(),
        };
        self.repository.stage_commit(&commit).unwrap()
    }

    /// Loads the manifest from a ledger with these changes, names unchecked.
    fn load(&self, changes: &[(&str, &[u8])]) -> Option<Manifest> {
        let address = ContentAddress::of(self.document().1);
        Manifest::load(&Ledger::at(&self.repository, Some(self.rewritten(changes))), address).ok()
    }

    /// Says whether a ledger with these changes and no history passes as one that only ever grew.
    fn grew(&self, changes: &[(&str, &[u8])]) -> bool {
        let passed = Ledger::at(&self.repository, Some(self.rewritten(changes))).check_all(1).is_ok();
        // A ledger that passes is remembered; the next one must stand on its own.
        let _ = fs::remove_dir_all(self.sandbox.path().join(".git/iao/trust"));
        passed
    }

    /// Puts `harmed` in place of a segment that the location of the records names, under its own name.
    fn load_renamed(&self, segment: &str, harmed: &[u8]) -> Option<Manifest> {
        let (location, text) = self.location();
        let name = ContentAddress::of(harmed).to_string();
        let old = segment.rsplit_once('/').unwrap().1;
        let pointing = std::str::from_utf8(text).unwrap().replace(old, &name);
        let place = format!("records/{}/{}/{}/{name}", &name[..1], &name[1..2], &name[2..3]);
        self.load(&[(&place, harmed), (location, pointing.as_bytes())])
    }
}

#[test]
fn every_harm_to_an_envelope_is_noticed() {
    let scene = Scene::small();
    let (path, bytes) = scene.entry("seals/", "payload");
    hold_noticed("envelope in its place", bytes, &all_harms(bytes), |harmed| {
        StoredSeal::parse(path, harmed).is_err()
    });

    // Under the name that its bytes have, a changed envelope may be another honest one: unsigned seals can be made by
    // anybody. What is bound by digests stays bound even then.
    let honest = StoredSeal::parse(path, bytes).unwrap();
    let mut others = 0;
    for harm in all_harms(bytes) {
        let harmed = harm.done_to(bytes);
        let renamed = format!("{}/{}.json", path.rsplit_once('/').unwrap().0, ContentAddress::of(&harmed));
        if let Ok(other) = StoredSeal::parse(&renamed, &harmed) {
            others += 1;
            assert_ne!(other.statement(), honest.statement(), "{harm:?}");
            assert_eq!(other.statement().commit(), honest.statement().commit(), "{harm:?}");
            assert_eq!(other.statement().document(), honest.statement().document(), "{harm:?}");
        }
    }
    let all = bytes.len() * 9;
    tell(&format!(
        "envelope under another name: {} of {all} harms noticed, {others} make another unsigned seal of the same content",
        all - others
    ));
    assert!(others < all / 20, "{others}");
}

#[test]
fn every_harm_to_a_signed_envelope_is_noticed_under_any_name() {
    let signing = sign::Scene::signing("ed25519");
    signing.iao("seal --sign required").exits(0);
    let location = Location { directory: signing.sandbox.path().to_owned(), ..Location::default() };
    let repository = Repository::open(&location).unwrap();
    let (path, bytes) = Ledger::open(&repository).unwrap().read_below("seals", |_| true).unwrap().remove(0);
    let list = format!("ada@example.org {}\n", signing.public("key"));
    let anchor = Some(AllowedSigners::parse("list", list.as_bytes()).unwrap());
    let verifier = Verifier { trust: Trust { anchor, ..Trust::default() }, ..Verifier::default() };
    let trusted = |harmed: &[u8]| {
        let renamed = format!("{}/{}.json", path.rsplit_once('/').unwrap().0, ContentAddress::of(harmed));
        let Ok(seal) = StoredSeal::parse(&renamed, harmed) else { return false };
        judge_signature(seal.envelope(), seal.statement(), &verifier).is_ok_and(|state| state.is_trusted())
    };
    hold_noticed("signed envelope under its own name", &bytes, &all_harms(&bytes), |harmed| !trusted(harmed));
}

#[test]
fn every_harm_to_a_note_is_noticed() {
    let scene = Scene::small();
    let commit = scene.repository.resolve("HEAD").unwrap();
    let bytes = scene.repository.note(NOTES_REF, commit).unwrap().unwrap();
    hold_noticed("note", &bytes, &all_harms(&bytes), |harmed| Note::parse(harmed).is_err());
}

#[test]
fn every_harm_to_what_a_manifest_is_loaded_from_is_noticed() {
    let scene = Scene::small();
    for (what, (path, bytes)) in [
        ("manifest document", scene.document()),
        ("location of records", scene.location()),
        ("segment", scene.segment()),
    ] {
        hold_noticed(what, bytes, &all_harms(bytes), |harmed| {
            scene.load(&[(path, harmed)]).is_none() || !scene.grew(&[(path, harmed)])
        });
    }
    // With every name made right again, the digests inside must notice.
    let (path, bytes) = scene.segment();
    hold_noticed("segment with its names made right", bytes, &all_harms(bytes), |harmed| {
        scene.load_renamed(path, harmed).is_none()
    });
}

#[test]
fn every_harm_to_a_ledger_without_history_is_noticed() {
    let scene = Scene::small();
    for (path, bytes) in &scene.entries {
        let harms = if bytes.len() < 500 { all_harms(bytes) } else { some_harms(bytes) };
        let what = format!("ledger entry {}", path.split('/').next().unwrap());
        hold_noticed(&what, bytes, &harms, |harmed| !scene.grew(&[(path, harmed)]));
    }
}

#[test]
fn every_harm_to_an_event_stream_is_noticed() {
    let scene = Scene::small();
    let whole = fs::read(stream(&scene.sandbox)).unwrap();
    // All of the first events, samples of all events; what is recorded elsewhere is the state after the last.
    let third = whole.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(2).unwrap().0 + 1;
    for (what, bytes) in [("three events", &whole[..third]), ("an event stream", &whole[..])] {
        let report = event::check_reader(bytes, &[], None).unwrap();
        let recorded = [Anchor { count: report.count, head: report.head }];
        let harms = if bytes.len() == third { all_harms(bytes) } else { some_harms(bytes) };
        hold_noticed(what, bytes, &harms, |harmed| {
            let report = event::check_reader(harmed, &recorded, None).unwrap();
            // A stream that is gone as a whole is absence; the ledger tells where the next one starts.
            !report.problems.is_empty() || harmed.is_empty()
        });
    }
}

#[test]
fn harms_to_large_evidence_are_noticed() {
    let mut sandbox = Sandbox::new();
    for number in 0..600 {
        sandbox = sandbox.file(&format!("dir{}/file{number}", number % 3), format!("{number}"));
    }
    let scene = Scene::sealed(sandbox.commit("many"));
    let honest = scene.load(&[]).unwrap();
    let root = std::str::from_utf8(scene.location().1).unwrap();
    let segments = scene.entries.iter().filter(|(path, _)| path.starts_with("records/"));
    let total: usize = segments.clone().map(|(_, bytes)| bytes.len()).sum();
    assert!(total > 60_000, "{total}");
    for (path, bytes) in segments {
        let harms = some_harms(bytes);
        hold_noticed("large segment", bytes, &harms, |harmed| scene.load(&[(path, harmed)]).is_none());
        if !root.contains(path.rsplit_once('/').unwrap().1) {
            continue;
        }
        // What the reader computes again by itself (counts beside a part, say) it does not look at: the manifest that
        // comes out is then the honest one all the same.
        let harmless = std::cell::Cell::new(0);
        hold_noticed("large segment with its names made right", bytes, &harms[..SAMPLE / 5], |harmed| {
            let Some(loaded) = scene.load_renamed(path, harmed) else { return true };
            let same = loaded.document() == honest.document() && loaded.files().eq(honest.files());
            assert!(same, "a false manifest");
            harmless.set(harmless.get() + 1);
            harmed != bytes
        });
        tell(&format!("  of these, {} change nothing that is read", harmless.get() - 1));
    }
}
