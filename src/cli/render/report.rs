//! A run as one object for machines: `iao/report/v1`.

use git_iao::engine::RunReport;
use git_iao::hash::hex;
use git_iao::scan::ALLOW_FILE;
use serde_json::{Value, json};

/// Returns the report of a run; `exit` is the exit code it leads to.
pub(in crate::cli) fn report(report: &RunReport, exit: u8) -> Value {
    let artifacts = &report.artifacts;
    let plan = artifacts.plan.get().map(|plan| json!({ "id": plan.id, "document": plan.plan }));
    let projects = artifacts
        .detection
        .get()
        .map(|detection| detection.inspections.iter().map(|seen| json!(seen.project)).collect::<Vec<_>>());
    let (allowed, _) = report.allowed();
    let scan = artifacts.scan.get().map(|scan| {
        json!({
            "scanned": scan.scanned,
            "bytes": scan.bytes,
            "allowed": { "file": ALLOW_FILE, "byFile": allowed.file, "inline": allowed.inline },
            "skipped": scan.skipped.iter().map(|(path, why)| json!({ "path": path, "why": why })).collect::<Vec<_>>(),
        })
    });
    let manifest = artifacts.manifest.get().map(|manifest| {
        let document = manifest.document();
        let roots = document.roots;
        let digest = roots.digest();
        json!({
            "tree": document.tree,
            "sha3_512": hex::encode(&digest.sha3_512),
            "blake3": hex::encode(&digest.blake3),
            "files": roots.files,
            "bytes": roots.bytes,
            "drawn": manifest.drawn(),
        })
    });
    json!({
        "schema": "iao/report/v1",
        "run": report.run,
        "mode": report.mode,
        "base": report.base,
        "exit": exit,
        "blockedBy": report.blocked_by,
        "recorded": report.recorded,
        "steps": report.steps,
        "projects": projects,
        "scan": scan,
        "plan": plan,
        "patch": artifacts.patch.get(),
        "verdict": artifacts.verdict.get(),
        "manifest": manifest,
        "published": artifacts.published.get(),
        "findings": report.findings(),
    })
}
