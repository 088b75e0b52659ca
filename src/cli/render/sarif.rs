//! Findings as SARIF 2.1.0 (OASIS Standard, 2020-03-27).

use std::collections::BTreeMap;

use git_iao::base::ContentAddress;
use git_iao::model::{Finding, Severity};
use serde_json::{Value, json};

/// Returns a log with one run.
pub(in crate::cli) fn sarif(findings: &[Finding]) -> Value {
    let mut rules: BTreeMap<&str, &Finding> = BTreeMap::new();
    for finding in findings {
        rules.entry(&finding.rule).or_insert(finding);
    }
    let index: BTreeMap<&str, usize> = rules.keys().enumerate().map(|(at, rule)| (*rule, at)).collect();
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "git-iao",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.values().map(|finding| rule(finding)).collect::<Vec<_>>(),
            }},
            "columnKind": "utf16CodeUnits",
            "results": findings.iter().map(|finding| result(finding, index[finding.rule.as_str()])).collect::<Vec<_>>(),
        }],
    })
}

fn rule(finding: &Finding) -> Value {
    json!({
        "id": finding.rule,
        "shortDescription": { "text": finding.rule },
        "help": { "text": finding.help },
        "properties": { "gate": finding.gate },
    })
}

fn result(finding: &Finding, index: usize) -> Value {
    let level = match finding.severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    let mut location = json!({ "physicalLocation": { "artifactLocation": { "uri": uri(finding) } } });
    if let Some(span) = finding.span {
        location["physicalLocation"]["region"] = json!({ "startLine": span.line });
    }
    // The same finding keeps its fingerprint when lines above it move.
    let identity = format!("{}\0{}\0{}", finding.rule, finding.path, finding.message);
    json!({
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": level,
        "message": { "text": finding.message },
        "locations": [location],
        "partialFingerprints": { "iao/v1": ContentAddress::of(identity.as_bytes()) },
    })
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
