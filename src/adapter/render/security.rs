//! Renders `SECURITY.md`: where to report a vulnerability, and what a reporter is asked to do.
//!
//! It promises nothing in the maintainers' name: no time of answer, no supported versions.
//! The contact is the policy's, else the forge's private report page. Without one there is no file.

use crate::adapter::Error;
use crate::adapter::assess::{Outcome, Scene};
use crate::adapter::forge::{Forge, ForgeKind};
use crate::adapter::generic::{community_file, is_readme};
use crate::adapter::manifest::{needs_input, presence};
use crate::model::{Action, Evidence, FileMode, Proposal, RepoPath, TargetFamily, Template};

/// The rule of both the finding and the proposal.
const RULE: &str = "generic/security-policy";

/// Renders the policy, or says that a contact is needed.
pub(in crate::adapter) fn security(scene: Scene<'_>) -> Result<Outcome, Error> {
    let there = match community_file(scene.view, scene.top(), is_policy) {
        Some(path) => Some(format!("`{path}` is there")),
        None => named_elsewhere(scene)?,
    };
    let Some(contact) = contact(scene) else {
        let help = "name a contact as `security.contact` in the policies document, or write SECURITY.md";
        let message = "no SECURITY.md, and nothing says where a vulnerability shall be reported";
        let finding = needs_input(RULE, scene.top(), message, help);
        let findings = if there.is_none() { vec![finding] } else { Vec::new() };
        return Ok(Outcome { findings, ..Outcome::default() });
    };
    let path = scene.top().join("SECURITY.md");
    let reason = "A reporter of a vulnerability must find a private way to the maintainers.".to_owned();
    let proposal = Proposal {
        rule: RULE.to_owned(),
        family: TargetFamily::Policies,
        root: scene.top().clone(),
        path,
        mode: FileMode::Regular,
        action: Action::Render {
            content: text(&contact).into_bytes(),
            template: Template { id: "policies/security".to_owned(), version: 1 },
            already_met: there,
        },
        subject: "Add a security policy".to_owned(),
        reason,
        evidence: vec![contact.evidence],
    };
    Ok(Outcome { proposal: Some(proposal), findings: Vec::new() })
}

fn is_policy(name: &[u8]) -> bool {
    matches!(name, b"security" | b"security.md" | b"security.rst" | b"security.txt" | b"security.adoc")
}

/// Says where the README or the guide for contributors names a policy that lies elsewhere, as an organisation's does.
fn named_elsewhere(scene: Scene<'_>) -> Result<Option<String>, Error> {
    for is_it in [is_readme, is_guide] {
        let Some(path) = community_file(scene.view, scene.top(), is_it) else { continue };
        let Some(bytes) = scene.view.read(&path)? else { continue };
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        let names = |line: &str| {
            ["/security/policy", "security policy", "security policies"]
                .iter()
                .any(|words| line.contains(words))
        };
        if let Some(line) = text.lines().position(names) {
            return Ok(Some(format!("`{path}:{}` names a security policy", line + 1)));
        }
    }
    Ok(None)
}

fn is_guide(name: &[u8]) -> bool {
    matches!(name, b"contributing" | b"contributing.md" | b"contributing.rst" | b"contributing.adoc")
}

/// Where a vulnerability is reported.
struct Contact {
    /// A URL, or `mailto:` and an address.
    url: String,
    /// The forge whose page it is.
    forge: Option<ForgeKind>,
    evidence: Evidence,
}

fn contact(scene: Scene<'_>) -> Option<Contact> {
    let policy =
        scene.context.security_contact.as_ref().or(scene.settings.policies.security.contact.as_ref());
    if let Some(url) = policy.filter(|url| is_plain(url)) {
        let url = if url.contains(':') { url.clone() } else { format!("mailto:{url}") };
        let evidence = presence(&RepoPath::root(), "security.contact of the policy");
        return Some(Contact { url, forge: None, evidence });
    }
    // What the project at the top declares, then the remote, which may be somebody's fork.
    let declared = scene.detection.inspections.iter().map(|inspection| &inspection.project);
    let declared = declared
        .filter(|project| project.root == *scene.top())
        .filter_map(|project| project.repository.as_ref());
    let declared = declared.map(|fact| (fact.value.clone(), fact.evidence.clone()));
    let remote =
        scene.context.remote_url.iter().map(|url| (url.clone(), presence(&RepoPath::root(), "the remote")));
    declared.chain(remote).find_map(|(url, evidence)| {
        let forge = Forge::parse(&url)?;
        Some(Contact { url: forge.private_report()?, forge: Some(forge.kind), evidence })
    })
}

/// Only what cannot break out of a Markdown link is a contact.
fn is_plain(url: &str) -> bool {
    let scheme = url.starts_with("https://") || url.starts_with("http://") || url.contains('@');
    scheme && url.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>()[]\"'`\\".contains(&byte))
}

fn text(contact: &Contact) -> String {
    let shown = contact.url.strip_prefix("mailto:").unwrap_or(&contact.url);
    let fallback = match contact.forge {
        Some(_) => {
            "\nIf that page is closed to you, open an ordinary issue that asks for a private contact and says nothing \
             about\nthe vulnerability itself.\n"
        }
        None => "",
    };
    format!(
        "# Security policy

## Reporting a vulnerability

Please report a vulnerability in private, never in a public issue, pull request or discussion:

<{shown}>
{fallback}
Say what is affected (version or commit), how it can be reproduced, and what an attacker gains by it. A report that
is incomplete is welcome too.

Before you report, please check that the newest release, or the default branch where there are no releases, is
still affected.

## Disclosure

Please keep the report to yourself and the maintainers until a fix is out, or for 90 days, unless both sides agree
on another date (coordinated disclosure). If you hear nothing within 14 days, send a reminder the same way.
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(url: &str, forge: Option<ForgeKind>) -> String {
        text(&Contact { url: url.to_owned(), forge, evidence: presence(&RepoPath::root(), "x") })
    }

    #[test]
    fn the_text_has_all_that_scorecard_counts() {
        // Scorecard, Security-Policy: a link, free text, and the words it looks for.
        let text = written("https://github.com/o/r/security/advisories/new", Some(ForgeKind::GitHub));
        assert!(text.contains("<https://github.com/o/r/security/advisories/new>"));
        let lower = text.to_lowercase();
        assert!(lower.matches("vuln").count() >= 1 && lower.matches("disclos").count() >= 1);
        assert!(regex::Regex::new(r"\b\d{1,4}\s+days?\b").unwrap().find_iter(&lower).count() >= 2);
        assert!(text.len() > 400);
    }

    #[test]
    fn an_address_is_shown_as_one() {
        assert!(written("mailto:security@example.org", None).contains("<security@example.org>"));
        assert!(!is_plain("https://x/)[a](b"));
        assert!(!is_plain("call us"));
    }
}
