//! Findings as SARIF 2.1.0 (OASIS Standard, 2020-03-27), as GitHub's code scanning takes it.
//!
//! A result keeps its fingerprint when lines move. No snippet of a file goes along: a log is uploaded.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use git_iao::base::ContentAddress;
use git_iao::model::{Confidence, Finding, Severity};
use git_iao::scan::AllowedBy;
use serde_json::{Value, json};

use super::told::{Tells, Told};

/// How many results GitHub takes in one run; it shows the 5,000 that weigh most, and these come first.
const MOST: usize = 25_000;

/// Returns a log with one run.
pub(in crate::cli) fn sarif(report: &impl Tells) -> Value {
    let mut told = report.told();
    told.sort_by(|one, other| {
        let key = |told: &Told| (told.allowed.is_some(), Reverse(told.finding.severity));
        key(one).cmp(&key(other)).then_with(|| one.finding.cmp(&other.finding))
    });
    let left_out = told.len().saturating_sub(MOST);
    told.truncate(MOST);
    let mut rules: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for Told { finding, .. } in &told {
        rules.entry(&finding.rule).or_default().push(finding);
    }
    let index: BTreeMap<&str, usize> = rules.keys().enumerate().map(|(at, rule)| (*rule, at)).collect();
    let results: Vec<Value> =
        told.iter().map(|told| result(told, index[told.finding.rule.as_str()])).collect();
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "git-iao",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|(id, findings)| rule(id, findings)).collect::<Vec<_>>(),
            }},
            "automationDetails": { "id": "git-iao/" },
            "originalUriBaseIds": { "%SRCROOT%": { "description": { "text": "the top of the repository" } } },
            "invocations": [{
                "executionSuccessful": true,
                "toolExecutionNotifications": notifications(left_out),
            }],
            "columnKind": "utf16CodeUnits",
            "results": results,
        }],
    })
}

fn notifications(left_out: usize) -> Vec<Value> {
    let text = format!("{left_out} more results are not in this log: it holds the {MOST} that weigh most");
    (left_out > 0).then(|| json!({ "level": "warning", "message": { "text": text } })).into_iter().collect()
}

fn rule(id: &str, findings: &[&Finding]) -> Value {
    let first = findings[0];
    let severity = findings.iter().map(|finding| finding.severity).max().unwrap_or(Severity::Note);
    let surest = findings.iter().filter_map(|finding| finding.confidence).max();
    let (summary, _) = first.message.split_once("; ").unwrap_or((&first.message, ""));
    let mut properties = json!({
        "gate": first.gate,
        "tags": tags(first),
        "precision": match surest {
            None | Some(Confidence::High) => "high",
            Some(Confidence::Medium) => "medium",
            Some(Confidence::Low) => "low",
        },
        "problem.severity": match severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "recommendation",
        },
    });
    if is_about_security(first) {
        // As GitHub grades: over 7.0 is high, over 4.0 medium, the rest low.
        properties["security-severity"] = json!(match severity {
            Severity::Error => "8.0",
            Severity::Warning => "5.0",
            Severity::Note => "2.0",
        });
    }
    let shown = match first.rule.strip_prefix("secret.") {
        Some(id) => format!("\n\n`git iao rules show {id}` tells more, `git iao allow` lets a finding pass."),
        None => String::new(),
    };
    json!({
        "id": id,
        "name": id,
        "shortDescription": { "text": summary },
        "fullDescription": { "text": summary },
        "defaultConfiguration": { "level": level(severity) },
        "help": {
            "text": first.help,
            "markdown": format!("**{id}**: {summary}.\n\n{}.{shown}", capital(&first.help)),
        },
        "properties": properties,
    })
}

fn is_about_security(finding: &Finding) -> bool {
    use git_iao::model::Gate::{HostileEntry, SecretDetected};
    matches!(finding.gate, SecretDetected | HostileEntry)
}

fn tags(finding: &Finding) -> Vec<&str> {
    let mut tags = vec![finding.gate.as_str()];
    if is_about_security(finding) {
        tags.push("security");
    }
    tags
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

fn result(told: &Told, index: usize) -> Value {
    let Told { finding, commit, allowed, .. } = told;
    let fingerprint = fingerprint(finding);
    let redacted = finding.redacted.as_deref().map(|text| format!(" ({text})")).unwrap_or_default();
    let mut properties = json!({});
    for (name, value) in [("id", &finding.id), ("why", &finding.why)] {
        if let Some(value) = value {
            properties[name] = json!(value);
        }
    }
    let mut result = json!({
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": level(finding.severity),
        "message": { "text": format!("{}{redacted}", finding.message) },
        "locations": [{ "physicalLocation": {
            "artifactLocation": { "uri": uri(finding), "uriBaseId": "%SRCROOT%" },
            "region": region(told),
        }}],
        // GitHub takes the first; its own would be drawn from the line, and so from the secret.
        "partialFingerprints": { "primaryLocationLineHash": fingerprint, "iao/v1": fingerprint },
    });
    if let Some(confidence) = finding.confidence {
        properties["confidence"] = json!(confidence);
        result["rank"] = json!(match confidence {
            Confidence::High => 90.0,
            Confidence::Medium => 60.0,
            Confidence::Low => 30.0,
        });
    }
    if let Some(commit) = commit {
        properties["commit"] = json!(commit);
    }
    if let Some((by, reason)) = allowed {
        let kind = if *by == AllowedBy::Line { "inSource" } else { "external" };
        let suppression = json!({ "kind": kind, "status": "accepted", "justification": reason });
        result["suppressions"] = json!([suppression]);
    }
    result["properties"] = properties;
    result
}

/// The same for a finding when lines above it move: its id, or what else makes it the one it is.
fn fingerprint(finding: &Finding) -> String {
    let identity = match &finding.id {
        Some(id) => format!("{}\0{}\0{id}", finding.rule, finding.path),
        None => format!("{}\0{}\0{}", finding.rule, finding.path, finding.message),
    };
    ContentAddress::of(identity.as_bytes()).to_string()
}

/// The place in lines and UTF-16 code units; a finding about a whole file is shown at its first line.
fn region(Told { finding, excerpt, .. }: &Told) -> Value {
    match (excerpt.as_ref().map(|excerpt| excerpt.place), finding.span) {
        (Some(place), _) => json!({
            "startLine": place.line,
            "startColumn": place.column,
            "endLine": place.end_line,
            "endColumn": place.end_column,
        }),
        (None, Some(span)) => json!({ "startLine": span.line }),
        (None, None) => json!({ "startLine": 1 }),
    }
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or(String::new(), |first| first.to_uppercase().chain(characters).collect())
}

/// The path as a relative URI reference (RFC 3986): everything but unreserved characters and `/` is encoded.
fn uri(finding: &Finding) -> String {
    let bytes = finding.path.as_bytes();
    if bytes.is_empty() {
        return ".".to_owned();
    }
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                text.push(char::from(*byte));
            }
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}
