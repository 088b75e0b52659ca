//! What the address of a remote says about where a repository can be read.
//!
//! Only public forges whose web address follows from the remote's are known; every other remote says nothing.

/// Forges on which `https://<host>/<owner>/<repository>` is the page of the repository.
const FORGES: [&str; 3] = ["bitbucket.org", "codeberg.org", "github.com"];

/// Returns the repository's web address, if the remote is an `https` URL on a public forge.
pub(super) fn of_remote(remote: &str) -> Option<String> {
    let rest = remote.strip_prefix("https://")?;
    let rest = rest.trim_end_matches('/');
    page(rest.strip_suffix(".git").unwrap_or(rest), true)
}

/// Returns the repository's web address, if a Go module path (or the like) stands on a public forge.
pub(super) fn of_module(path: &str) -> Option<String> {
    page(path, false)
}

fn page(path: &str, whole: bool) -> Option<String> {
    let mut parts = path.split('/');
    let (host, owner, name) = (parts.next()?, parts.next()?, parts.next()?);
    let known = FORGES.contains(&host) && is_plain(owner) && is_plain(name);
    (known && !(whole && parts.next().is_some())).then(|| format!("https://{host}/{owner}/{name}"))
}

fn is_plain(part: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !part.is_empty() && part != "." && part != ".." && part.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_remotes_on_public_forges_have_a_web_address() {
        let address = |remote| of_remote(remote);
        assert_eq!(address("https://github.com/o/r.git").as_deref(), Some("https://github.com/o/r"));
        assert_eq!(address("https://codeberg.org/o/r/").as_deref(), Some("https://codeberg.org/o/r"));
        for remote in [
            "git@github.com:o/r.git",
            "http://github.com/o/r",
            "https://git.corp.example/o/r",
            "https://github.com/o",
            "https://github.com/o/r/tree/main",
            "https://github.com/o/..",
            "https://github.com/o/r\"x",
            "",
        ] {
            assert_eq!(address(remote), None, "{remote}");
        }
    }

    #[test]
    fn a_module_path_below_the_repository_names_the_repository() {
        assert_eq!(of_module("github.com/o/r/v2").as_deref(), Some("https://github.com/o/r"));
        assert_eq!(of_module("example.org/o/r"), None);
        assert_eq!(of_module("github.com"), None);
    }
}
