//! `git iao allow`, and `git iao scan --write-baseline`: entries for the allow-file, written to the file on disk.
//!
//! The finding is looked for by a scan of its own, as nothing that was printed tells its secret. Nothing is staged.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use git_iao::base::Date;
use git_iao::config::Config;
use git_iao::model::{Finding, Glob, RepoPath};
use git_iao::scan::{ALLOW_FILE, AllowList, Entry, Gates, Key, ScanReport, ScanRequest, built_in, scan};
use git_iao::step::{self, Subject};
use serde_json::json;

use super::rules;
use crate::cli::args::{Allow, Format};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::render;
use crate::cli::session::Session;
use crate::cli::ui::plain;

/// The least digits of an id that are looked up.
const LEAST: usize = 4;

/// What entries say beside what was found.
pub(super) struct Terms<'a> {
    pub(super) reason: &'a str,
    pub(super) until: Option<&'a str>,
    /// Where they hold; `None`: at the path of the finding.
    pub(super) glob: Option<&'a str>,
}

/// Takes the findings that entries are wanted for.
type Pick<'a> = &'a dyn Fn(&[Finding]) -> Result<Vec<Finding>, Error>;

/// Runs `git iao allow`.
pub(in crate::cli) fn run(session: &Session, arguments: &Allow) -> Result<Exit, Error> {
    let config = session.config_of(session.head_commit()?)?;
    let snapshot = if arguments.staged {
        session.repository.snapshot_index()?
    } else {
        session.repository.snapshot_worktree()?
    };
    let terms = Terms {
        reason: &arguments.reason,
        until: arguments.until.as_deref(),
        glob: arguments.path.as_deref(),
    };
    let pick = |findings: &[Finding]| named(findings, &arguments.finding);
    let mut subject = Subject::of_files(snapshot, None);
    subject.rules = rules::given(session, arguments.rules.as_deref())?;
    write(session, &config, &subject, &terms, &pick)
}

/// Adds an entry for each finding of `subject` that `pick` takes and the file does not let through already.
pub(super) fn write(
    session: &Session,
    config: &Config,
    subject: &Subject,
    terms: &Terms<'_>,
    pick: Pick<'_>,
) -> Result<Exit, Error> {
    let path = session.repository.work_dir().ok_or(Error::Bare { command: "allow" })?.join(ALLOW_FILE);
    let today = session.now().date();
    let until = terms.until.map(|text| day(text, today)).transpose()?;
    let mut list = read(&path)?;
    let found = look(session, config, subject, list.key)?;
    let (mut added, mut already) = (Vec::new(), 0);
    for finding in pick(&found.findings)? {
        let digest = finding.id.as_ref().and_then(|id| found.digests.get(id)).copied();
        if list.allows(&finding.rule, &finding.path, digest, today) {
            already += 1;
            continue;
        }
        let entry = Entry {
            path: place(&finding.path, terms.glob)?,
            rule: finding.rule,
            digest,
            until,
            reason: terms.reason.trim().to_owned(),
        };
        entry.check().map_err(|(field, what)| Error::Entry { what: format!("{field}: {what}") })?;
        if !added.contains(&entry) {
            added.push(entry);
        }
    }
    added.sort();
    if !added.is_empty() {
        list.add(added.iter().cloned());
        replace(&path, &list.to_bytes())?;
    }
    answer(session, &added, already)
}

/// Scans as the hooks do, and names what is found for a file with this key.
fn look(session: &Session, config: &Config, subject: &Subject, key: Key) -> Result<ScanReport, Error> {
    let request = ScanRequest {
        policies: &config.policies,
        rules: subject.rules.unwrap_or_else(|| built_in()),
        governance: &config.pipeline.governance,
        project_root: &config.pipeline.project_root,
        gates: Gates::All,
        only: subject.only.as_ref(),
        before: subject.before.as_ref(),
        now: session.now(),
        key: Some(key),
        jobs: session.jobs(),
        cancel: &session.cancel,
    };
    Ok(scan(subject.snapshot()?, &request).map_err(step::Error::from)?)
}

/// Returns the findings that a name means: one by its id, all of a line by their place.
fn named(findings: &[Finding], name: &str) -> Result<Vec<Finding>, Error> {
    let unknown = || Error::NoFinding { name: plain(name) };
    if let Some((path, line)) = name.rsplit_once(':') {
        let line: u32 = line.parse().map_err(|_| unknown())?;
        let is_there = |finding: &&Finding| {
            finding.path.to_string() == path && finding.span.is_some_and(|span| span.line == line)
        };
        let there: Vec<Finding> = findings.iter().filter(is_there).cloned().collect();
        return if there.is_empty() { Err(unknown()) } else { Ok(there) };
    }
    let starts = |finding: &&Finding| finding.id.as_deref().is_some_and(|id| id.starts_with(name));
    let there: Vec<&Finding> = findings.iter().filter(starts).collect();
    match there[..] {
        _ if name.len() < LEAST => Err(unknown()),
        [] => Err(unknown()),
        [finding] => Ok(vec![finding.clone()]),
        _ => Err(Error::AmbiguousFinding { name: plain(name), count: there.len() }),
    }
}

/// Returns the path of an entry, as it is written.
fn place(path: &RepoPath, glob: Option<&str>) -> Result<String, Error> {
    let Some(glob) = glob else { return Ok(Entry::pattern_of(path)) };
    let elsewhere = || Error::GlobElsewhere { glob: plain(glob), path: path.to_string() };
    let pattern: RepoPath = glob.parse().map_err(|_| elsewhere())?;
    if Glob::new(pattern.as_bytes()).matches(path) { Ok(glob.to_owned()) } else { Err(elsewhere()) }
}

fn day(text: &str, today: Date) -> Result<Date, Error> {
    let until: Date =
        text.parse().map_err(|error| Error::Entry { what: format!("`{}`: {error}", plain(text)) })?;
    if until < today {
        return Err(Error::Entry { what: format!("{until} is over already") });
    }
    Ok(until)
}

/// Reads the file on disk; an absent one is an empty one.
fn read(path: &Path) -> Result<AllowList, Error> {
    let failed = |source| Error::Read { path: path.to_owned(), source };
    if path.parent().is_some_and(Path::is_symlink) {
        return Err(Error::NoPlainFile { path: path.parent().unwrap_or(path).to_owned() });
    }
    match path.symlink_metadata() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(AllowList::empty()),
        Err(error) => Err(failed(error)),
        Ok(metadata) if !metadata.is_file() => Err(Error::NoPlainFile { path: path.to_owned() }),
        Ok(metadata) => {
            AllowList::check_size(metadata.len()).map_err(step::Error::from)?;
            let bytes = std::fs::read(path).map_err(failed)?;
            Ok(AllowList::read(&bytes).map_err(step::Error::from)?)
        }
    }
}

/// Replaces the file as a whole; its mode stays that of other files.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let failed = |source| Error::Write { path: PathBuf::from(path), source };
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

fn answer(session: &Session, added: &[Entry], already: usize) -> Result<Exit, Error> {
    let ui = &session.ui;
    if ui.format() == Format::Json {
        ui.json(
            &json!({ "schema": "iao/allowed/v1", "file": ALLOW_FILE, "added": added, "already": already }),
        )?;
        return Ok(Exit::Yes);
    }
    let mut text = match added.len() {
        0 => format!("nothing to add to {ALLOW_FILE}"),
        1 => format!("added 1 entry to {ALLOW_FILE}"),
        count => format!("added {count} entries to {ALLOW_FILE}"),
    };
    if already > 0 {
        text.push_str(&format!("; {} allowed by it already", render::counted(already, "finding")));
    }
    text.push('\n');
    for entry in added.iter().take(20) {
        text.push_str(&format!("  {}  {}\n", plain(&entry.rule), plain(&entry.path)));
    }
    if added.len() > 20 {
        text.push_str(&format!("  ... and {} more\n", added.len() - 20));
    }
    ui.out(&text)?;
    if !added.is_empty() {
        ui.hint(&format!("`git add {ALLOW_FILE}` and commit it; a credential that was ever shared is to be revoked all the same"));
    }
    Ok(Exit::Yes)
}
