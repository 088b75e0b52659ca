//! What a search of contents saw, as one object for machines: `iao/scan/v1`.

use std::collections::BTreeSet;

use git_iao::git::Error as GitError;
use git_iao::scan::{ALLOW_FILE, ObjectReport};
use serde_json::{Value, json};

/// Returns the report; `exit` is the exit code it leads to.
pub(in crate::cli) fn scan_report(
    report: &ObjectReport,
    source: &str,
    blocked: &BTreeSet<String>,
    exit: u8,
) -> Value {
    let skipped = report.skipped.iter();
    let skipped: Vec<Value> =
        skipped.map(|one| json!({ "path": one.path, "blob": one.blob, "why": one.why })).collect();
    let unread = report.unread.iter().map(|one| {
        json!({
            "object": one.id,
            "kind": one.kind,
            "path": one.path,
            "commit": one.commit,
            "promised": matches!(one.error, GitError::MissingPromised { .. }),
            "why": one.error.to_string(),
        })
    });
    let findings = report.findings.iter();
    let findings: Vec<Value> = findings
        .map(|one| json!({ "finding": one.finding, "blob": one.blob, "commit": one.commit }))
        .collect();
    json!({
        "schema": "iao/scan/v1",
        "source": source,
        "exit": exit,
        "blockedBy": blocked,
        "commits": report.commits,
        "trees": report.trees,
        "scanned": report.scanned,
        "known": report.known,
        "bytes": report.bytes,
        "allowed": {
            "file": ALLOW_FILE,
            "byFile": report.allowed_count.file,
            "inline": report.allowed_count.inline,
        },
        "skipped": skipped,
        "unread": unread.collect::<Vec<_>>(),
        "findings": findings,
    })
}
