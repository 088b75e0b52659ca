//! Repositories elsewhere: which one git would choose, and under which name what it shows is kept here.
//!
//! What a remote shows lies below `refs/iao/remotes/<name>/`, the only refs that may be moved by force.

use super::{Error, Head, Repository, config};
use crate::base::ContentAddress;

/// Where tracking copies of a remote's evidence lie.
const TRACKING: &str = "refs/iao/remotes/";

/// A repository elsewhere: one that git's config names, or a URL or path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    given: String,
    key: String,
}

impl Remote {
    fn named(name: &str) -> Self {
        Self { given: name.to_owned(), key: name.to_owned() }
    }

    /// A URL has no name of its own; its digest stands for it, so that it finds the same refs again.
    fn at(url: &str) -> Self {
        let digest = ContentAddress::of(config::without_credentials(url).as_bytes()).to_string();
        Self { given: url.to_owned(), key: format!("url-{}", &digest[..16]) }
    }

    /// Returns what git is called with: the name, or the URL with all that is in it.
    pub(super) fn as_given(&self) -> &str {
        &self.given
    }

    /// Returns the name, or the URL without credentials.
    #[must_use]
    pub fn shown(&self) -> String {
        config::without_credentials(&self.given)
    }

    /// Returns the full name of the ref that holds a copy of one of its refs, `ledger` for one.
    #[must_use]
    pub fn tracking(&self, what: &str) -> String {
        format!("{TRACKING}{}/{what}", self.key)
    }

    /// Returns a name for files about this remote: letters, digits, `.`, `_`, `-`, anything else as `%XX`.
    #[must_use]
    pub fn file_name(&self) -> String {
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
        let byte = |byte: u8| if plain(&byte) { char::from(byte).into() } else { format!("%{byte:02X}") };
        self.key.bytes().map(byte).collect()
    }

    /// Says whether git's config names it.
    #[must_use]
    pub fn is_named(&self) -> bool {
        self.given == self.key
    }
}

impl Repository {
    /// Returns the names of the remotes that git's config has, sorted.
    #[must_use]
    pub fn remote_names(&self) -> Vec<String> {
        self.gix().remote_names().iter().map(ToString::to_string).collect()
    }

    /// Returns the remote that `git fetch` would take: the branch's, else the only one, else `origin`.
    ///
    /// # Errors
    /// `NoRemote` when there is none of these.
    pub fn default_remote(&self) -> Result<Remote, Error> {
        let names = self.remote_names();
        let of_branch = match self.head() {
            Ok(Head::Branch(branch, _) | Head::Unborn(branch)) => branch
                .strip_prefix("refs/heads/")
                .and_then(|branch| self.config_string(&format!("branch.{branch}.remote")))
                // A dot stands for this repository itself.
                .filter(|name| name != "."),
            _ => None,
        };
        match (of_branch, &names[..]) {
            (Some(name), _) => self.remote(&name),
            (None, [only]) => Ok(Remote::named(only)),
            (None, names) if names.iter().any(|name| name == "origin") => Ok(Remote::named("origin")),
            (None, _) => Err(Error::NoRemote { known: names.join(", ") }),
        }
    }

    /// Returns the remote of this name, or the one at this URL or path.
    ///
    /// # Errors
    /// `UnknownRemote` for a word that is neither.
    pub fn remote(&self, name: &str) -> Result<Remote, Error> {
        let names = self.remote_names();
        if names.iter().any(|known| known == name) {
            return Ok(Remote::named(name));
        }
        let is_place = !name.starts_with('-') && (name.contains(['/', ':', '\\']) || name == "..");
        if is_place {
            return Ok(Remote::at(name));
        }
        let name = config::without_credentials(name);
        Err(Error::UnknownRemote { name, known: names.join(", ") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::Sandbox;

    fn default_of(sandbox: &Sandbox) -> Option<String> {
        sandbox.open().default_remote().ok().map(|remote| remote.shown())
    }

    #[test]
    fn the_default_is_the_one_that_git_fetch_takes() {
        let sandbox = Sandbox::new();
        assert!(matches!(sandbox.open().default_remote(), Err(Error::NoRemote { .. })));
        sandbox.git(&["remote", "add", "only", "/x/only"]);
        assert_eq!(default_of(&sandbox).as_deref(), Some("only"));
        sandbox.git(&["remote", "add", "fork", "/x/fork"]);
        assert_eq!(default_of(&sandbox), None, "two, and none of them is origin");
        sandbox.git(&["remote", "add", "origin", "/x/origin"]);
        assert_eq!(default_of(&sandbox).as_deref(), Some("origin"));
        sandbox.git(&["config", "branch.main.remote", "fork"]);
        sandbox.git(&["config", "remote.pushDefault", "only"]);
        assert_eq!(default_of(&sandbox).as_deref(), Some("fork"));
    }

    #[test]
    fn a_url_is_tracked_under_a_digest_that_holds_no_credentials() {
        let repository = Sandbox::new().open();
        let (one, other) = ("https://me:secret@host/a.git", "https://you:token@host/a.git");
        let (one, other) = (repository.remote(one).unwrap(), repository.remote(other).unwrap());
        assert_eq!(one.tracking("ledger"), other.tracking("ledger"));
        assert_eq!(one.shown(), "https://host/a.git");
        assert!(!one.is_named());
        for word in ["nobody", "--upload-pack=x", "-x/y"] {
            assert!(matches!(repository.remote(word), Err(Error::UnknownRemote { .. })), "{word}");
        }
    }

    #[test]
    fn names_of_files_are_plain_and_distinct() {
        let names = ["a/b", "a%2Fb", "ä"].map(|name| Remote::named(name).file_name());
        assert_eq!(names, ["a%2Fb", "a%252Fb", "%C3%A4"]);
    }
}
