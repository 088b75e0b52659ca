//! Answers from git's config: single values, the remote, the committer.
//!
//! A URL never leaves with a password in it.

use super::{Error, Head, Person, Repository};

impl Repository {
    /// Returns a value of git's config (local, global, system, `-c`): the last one, bytes that are no UTF-8 replaced.
    #[must_use]
    pub fn config_string(&self, key: &str) -> Option<String> {
        self.gix().config_snapshot().string(key).map(|value| value.to_string())
    }

    /// Returns a value that the user set: globally, for the system, with `-c` or in the environment.
    ///
    /// What the repository's own configuration says does not count, so whoever made the repository cannot set it.
    #[must_use]
    pub fn config_by_user(&self, key: &str) -> Option<String> {
        let by_user =
            |meta: &gix::config::file::Metadata| meta.source.kind() != gix::config::source::Kind::Repository;
        let repository = self.gix();
        let snapshot = repository.config_snapshot();
        snapshot.plumbing().string_filter(key, by_user).map(|value| value.to_string())
    }

    /// Returns the fetch URL of the remote of the current branch, else of `origin`, else of the only one.
    ///
    /// As it is configured (no `insteadOf`), with credentials removed.
    #[must_use]
    pub fn remote_url(&self) -> Option<String> {
        let of_branch = match self.head() {
            Ok(Head::Branch(branch, _) | Head::Unborn(branch)) => branch
                .strip_prefix("refs/heads/")
                .and_then(|branch| self.config_string(&format!("branch.{branch}.remote"))),
            _ => None,
        };
        let names: Vec<String> = self.gix().remote_names().iter().map(ToString::to_string).collect();
        let only = || <[String; 1]>::try_from(names.clone()).ok().map(|[name]| name);
        let url = |name: &str| self.config_string(&format!("remote.{name}.url"));
        let url = of_branch
            .and_then(|name| url(&name))
            .or_else(|| url("origin"))
            .or_else(|| only().and_then(|name| url(&name)))?;
        Some(without_credentials(&url))
    }

    /// Returns who git would name as the committer; `None` when it would have to guess or refuse.
    #[must_use]
    pub fn committer(&self) -> Option<Person> {
        let choose = |variable: &str, own: &str, general: &str| {
            let given =
                self.shared.environment.get(variable).map(|value| value.to_string_lossy().into_owned());
            given
                .filter(|value| !value.trim().is_empty())
                .or_else(|| self.config_string(own))
                .or_else(|| self.config_string(general))
                .map(|value| value.trim().to_owned())
                .filter(|value| !value.is_empty())
        };
        Some(Person {
            name: choose("GIT_COMMITTER_NAME", "committer.name", "user.name")?,
            email: choose("GIT_COMMITTER_EMAIL", "committer.email", "user.email")?,
        })
    }

    /// Adds `pattern` to `info/exclude` of the common directory, unless it is there already.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn exclude_locally(&self, pattern: &str) -> Result<(), Error> {
        let directory = self.common_dir().join("info");
        let path = directory.join("exclude");
        let present = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(Error::io("read", path)(error)),
        };
        let line = |line: &[u8]| line.strip_suffix(b"\r").unwrap_or(line) == pattern.as_bytes();
        if present.split(|byte| *byte == b'\n').any(line) {
            return Ok(());
        }
        let lead = if present.is_empty() || present.ends_with(b"\n") { "" } else { "\n" };
        std::fs::create_dir_all(&directory).map_err(Error::write(&directory))?;
        let mut file =
            std::fs::OpenOptions::new().create(true).append(true).open(&path).map_err(Error::write(&path))?;
        // One write: a neighbour that appends at the same time cannot tear the line.
        std::io::Write::write_all(&mut file, format!("{lead}{pattern}\n").as_bytes())
            .map_err(Error::write(&path))
    }
}

/// Takes user, password and query out of a URL; `git@host:path` and paths stay as they are.
pub(super) fn without_credentials(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let is_web = !scheme.to_ascii_lowercase().contains("ssh");
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let (user, host) = authority.rsplit_once('@').map_or(("", authority), |(user, host)| (user, host));
    if is_web {
        let path = path.split(['?', '#']).next().unwrap_or_default();
        return format!("{scheme}://{host}{path}");
    }
    match user.split(':').next().filter(|name| !name.is_empty()) {
        Some(name) => format!("{scheme}://{name}@{host}{path}"),
        None => format!("{scheme}://{host}{path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::Sandbox;

    #[test]
    fn credentials_never_leave() {
        for (url, shown) in [
            ("https://me:pass@host/a.git", "https://host/a.git"),
            ("https://token@host:8443/a", "https://host:8443/a"),
            ("https://host/a?access_token=x#y", "https://host/a"),
            ("ssh://git:pass@host:22/a", "ssh://git@host:22/a"),
            ("git@host:me/a.git", "git@host:me/a.git"),
            ("/srv/a@b.git", "/srv/a@b.git"),
            ("https://p@ss@host/a@b", "https://host/a@b"),
        ] {
            assert_eq!(without_credentials(url), shown);
        }
    }

    #[test]
    fn the_remote_of_the_branch_comes_before_origin() {
        let sandbox = Sandbox::new();
        sandbox.git(&["remote", "add", "origin", "https://me:x@host/origin"]);
        assert_eq!(sandbox.open().remote_url().as_deref(), Some("https://host/origin"));
        sandbox.git(&["remote", "add", "fork", "https://host/fork"]);
        sandbox.git(&["config", "branch.main.remote", "fork"]);
        assert_eq!(sandbox.open().remote_url().as_deref(), Some("https://host/fork"));
    }

    #[test]
    fn the_environment_names_the_committer_before_the_config_does() {
        let sandbox = Sandbox::new();
        assert_eq!(sandbox.open().committer().unwrap().name, "Tester");
        let mut location = sandbox.location();
        location.environment.insert("GIT_COMMITTER_NAME".into(), "Someone".into());
        let committer = Repository::open(&location).unwrap().committer().unwrap();
        assert_eq!((committer.name.as_str(), committer.email.as_str()), ("Someone", "tester@example.com"));
    }

    #[test]
    fn what_the_repository_sets_is_not_the_users() {
        let sandbox = Sandbox::new();
        sandbox.git(&["config", "gpg.ssh.program", "/tmp/evil"]);
        assert_eq!(sandbox.open().config_by_user("gpg.ssh.program"), None);
        std::fs::write(sandbox.in_git("more"), "[gpg \"ssh\"]\n\tprogram = /tmp/included\n").unwrap();
        sandbox.git(&["config", "include.path", "more"]);
        assert_eq!(sandbox.open().config_by_user("gpg.ssh.program"), None);
        let mut location = sandbox.location();
        let given = "'gpg.ssh.program'='/usr/bin/mine'";
        location.environment.insert("GIT_CONFIG_PARAMETERS".into(), given.into());
        let repository = Repository::open(&location).unwrap();
        assert_eq!(repository.config_by_user("gpg.ssh.program").as_deref(), Some("/usr/bin/mine"));
    }

    #[test]
    fn a_pattern_is_excluded_once() {
        let sandbox = Sandbox::new();
        let repository = sandbox.open();
        let path = sandbox.path().join(".git/info/exclude");
        std::fs::write(&path, "old").unwrap();
        repository.exclude_locally("/.here/").unwrap();
        repository.exclude_locally("/.here/").unwrap();
        assert_eq!(std::fs::read_to_string(path).unwrap(), "old\n/.here/\n");
    }
}
