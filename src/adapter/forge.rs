//! Tells from a repository's URL which forge hosts it, and which pages it has there.
//!
//! Only URLs whose every character is known to be harmless are understood: they are written into files.

use super::Fact;
use crate::model::Evidence;

/// Which software a forge runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ForgeKind {
    /// github.com, or a host named `github.…`.
    GitHub,
    /// gitlab.com, or a host named `gitlab.…`.
    GitLab,
    /// Another forge that is known by its host's name.
    Other(&'static str),
    /// A host that says nothing.
    Unknown,
}

/// A repository on a forge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Forge {
    /// The software.
    pub(super) kind: ForgeKind,
    /// The host, in lower case.
    host: String,
    /// The repository's path on the host: `owner/name`, or with groups in between.
    path: String,
}

impl Forge {
    /// Reads a URL, an scp-like address, or an npm short form (`owner/name`, `gitlab:owner/name`).
    pub(super) fn parse(url: &str) -> Option<Self> {
        let url = url.trim();
        let url = url.strip_prefix("git+").unwrap_or(url);
        let (host, path) = split(url)?;
        let host = host.rsplit('@').next()?.to_ascii_lowercase();
        let good_host = host.contains('.')
            && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':'));
        let kind = kind_of(&host);
        let path = clean(path, kind)?;
        good_host.then_some(Self { kind, host, path })
    }

    /// Returns the page of the repository.
    pub(super) fn page(&self) -> String {
        format!("https://{}/{}", self.host, self.path)
    }

    /// Returns the page where a vulnerability is reported in private; `None` when the forge has none we know.
    pub(super) fn private_report(&self) -> Option<String> {
        match self.kind {
            ForgeKind::GitHub => Some(format!("{}/security/advisories/new", self.page())),
            ForgeKind::GitLab => Some(format!("{}/-/issues/new?issue%5Bconfidential%5D=true", self.page())),
            ForgeKind::Other(_) | ForgeKind::Unknown => None,
        }
    }
}

/// Keeps of a stated URL the page of the repository; `None` if it is none that can be shown.
///
/// A host that is not known is believed only if its URL can carry neither a password nor a query.
pub(super) fn stated_page(fact: Fact<String>) -> Option<Fact<String>> {
    let known = Forge::parse(&fact.value).filter(|forge| forge.kind != ForgeKind::Unknown);
    let is_web = |url: &String| url.starts_with("https://") || url.starts_with("http://");
    let page = match known {
        Some(forge) => forge.page(),
        None => Some(fact.value).filter(|url| is_web(url) && !url.contains(['@', '?', '#']))?,
    };
    let evidence = Evidence { says: format!("the repository is {page}"), ..fact.evidence };
    Some(Fact { value: page, evidence })
}

/// Splits a URL into host (perhaps with a user) and path.
fn split(url: &str) -> Option<(&str, &str)> {
    for scheme in ["https://", "http://", "ssh://", "git://"] {
        if let Some(rest) = url.strip_prefix(scheme) {
            return rest.split_once('/');
        }
    }
    for (short, host) in
        [("github:", "github.com"), ("gitlab:", "gitlab.com"), ("bitbucket:", "bitbucket.org")]
    {
        if let Some(path) = url.strip_prefix(short) {
            return Some((host, path));
        }
    }
    match url.split_once(':') {
        Some((host, path)) => (host.contains('@') && !path.starts_with('/')).then_some((host, path)),
        // npm reads `owner/name` as GitHub.
        None => (url.matches('/').count() == 1 && !url.starts_with(['.', '/', '~']))
            .then_some(("github.com", url)),
    }
}

fn kind_of(host: &str) -> ForgeKind {
    let others = [
        ("bitbucket.", "Bitbucket"),
        ("codeberg.", "Codeberg"),
        ("git.sr.ht", "SourceHut"),
        ("gitea.", "Gitea"),
        ("forgejo.", "Forgejo"),
        ("dev.azure.com", "Azure DevOps"),
    ];
    if host.starts_with("github.") {
        return ForgeKind::GitHub;
    }
    if host.starts_with("gitlab.") {
        return ForgeKind::GitLab;
    }
    others
        .iter()
        .find(|(start, _)| host.starts_with(start))
        .map_or(ForgeKind::Unknown, |(_, name)| ForgeKind::Other(name))
}

/// Keeps the part of a URL's path that names the repository.
fn clean(path: &str, kind: ForgeKind) -> Option<String> {
    let path = path.split(['#', '?']).next().unwrap_or_default();
    let path = path.split("/-/").next().unwrap_or_default().trim_matches('/');
    let mut parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    if kind == ForgeKind::GitHub {
        // What follows the name is a page within the repository, such as `tree/main/packages/a`.
        parts.truncate(2);
    }
    if let Some(last) = parts.last_mut() {
        *last = last.strip_suffix(".git").unwrap_or(last);
    }
    let good = |part: &&str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'~'))
    };
    (parts.len() >= 2 && parts.iter().all(good)).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_writing_of_one_repository_is_the_same() {
        for url in [
            "https://github.com/o/r",
            "https://github.com/o/r.git",
            "git+https://github.com/o/r.git",
            "ssh://git@github.com/o/r.git",
            "git@github.com:o/r.git",
            "github:o/r",
            "o/r",
            "https://someone@GitHub.com/o/r/tree/main/packages/a#readme",
        ] {
            let forge = Forge::parse(url).unwrap();
            assert_eq!(forge.page(), "https://github.com/o/r", "{url}");
            assert_eq!(forge.kind, ForgeKind::GitHub);
        }
    }

    #[test]
    fn groups_of_gitlab_are_kept() {
        let forge = Forge::parse("git@gitlab.example.org:a/b/c.git").unwrap();
        assert_eq!(
            forge.private_report().unwrap(),
            "https://gitlab.example.org/a/b/c/-/issues/new?issue%5Bconfidential%5D=true"
        );
    }

    #[test]
    fn what_could_carry_more_than_a_name_is_refused() {
        for url in [
            "",
            "/srv/git/r",
            "../r",
            "C:\\r",
            "https://github.com/o",
            "https://github.com/o/r)[x](",
            "file:///a/b",
            "https://localhost/o/r",
        ] {
            assert_eq!(Forge::parse(url), None, "{url}");
        }
    }

    #[test]
    fn a_stated_url_is_shown_without_what_it_carries() {
        let stated = |url: String| {
            let evidence = Evidence { path: "a".into(), line: None, says: url.clone() };
            stated_page(Fact { value: url, evidence })
                .map(|fact| format!("{} {}", fact.value, fact.evidence.says))
        };
        let secret = "pass".repeat(2);
        let page = stated(format!("https://u:{secret}@github.com/o/r.git")).unwrap();
        assert_eq!(page, "https://github.com/o/r the repository is https://github.com/o/r");
        assert!(stated("https://git.example/a".into()).unwrap().starts_with("https://git.example/a "));
        assert_eq!(stated(format!("https://u:{secret}@git.example/a")), None);
        assert_eq!(stated(format!("https://git.example/a?x={secret}")), None);
    }
}
