//! Whom the user trusts to sign: a list of their own, what a policy takes away from it, and what is revoked.
//!
//! Nothing in a repository can add a signer. Without a list of the user's nobody is trusted.

use super::keygen::Keygen;
use super::{AllowedSigners, Error, NAMESPACE, PublicKey, Revocations, Unlisted};
use crate::base::Timestamp;

/// What the user trusts, and how it is narrowed.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// The user's own list; `None`: there is none, so nobody is trusted.
    pub anchor: Option<AllowedSigners>,
    /// The list of a policy: a signer must be in both.
    pub narrowed: Option<AllowedSigners>,
    /// The keys that are never trusted.
    pub revoked: Revocations,
}

/// Whether a key is trusted to have signed at some moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// By the user's list.
    Trusted {
        /// The principals of the line that says so.
        principals: String,
    },
    /// Not.
    Untrusted(Distrust),
}

/// Why a key is not trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Distrust {
    /// The user has no list.
    NoAnchor,
    /// The key is revoked.
    Revoked,
    /// The user's list does not allow it.
    Unlisted(Unlisted),
    /// The user's list allows it, the policy's does not.
    Narrowed(Unlisted),
}

impl Trust {
    /// Judges `key`, which signed at `at` by its own word.
    ///
    /// # Errors
    /// When a binary list of revoked keys cannot be read.
    pub fn judge(&self, key: &PublicKey, at: Timestamp, keygen: &Keygen) -> Result<Standing, Error> {
        if self.revoked.has(key, keygen)? {
            return Ok(Standing::Untrusted(Distrust::Revoked));
        }
        let Some(anchor) = &self.anchor else { return Ok(Standing::Untrusted(Distrust::NoAnchor)) };
        let principals = match anchor.find(key, NAMESPACE, at) {
            Ok(principals) => principals.to_owned(),
            Err(why) => return Ok(Standing::Untrusted(Distrust::Unlisted(why))),
        };
        if let Some(Err(why)) = self.narrowed.as_ref().map(|list| list.find(key, NAMESPACE, at)) {
            return Ok(Standing::Untrusted(Distrust::Narrowed(why)));
        }
        Ok(Standing::Trusted { principals })
    }
}

impl Distrust {
    /// Returns the word of machines.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoAnchor => "no-anchor",
            Self::Revoked => "revoked",
            Self::Unlisted(Unlisted::NotListed) => "not-listed",
            Self::Unlisted(Unlisted::AuthorityOnly) => "authority-only",
            Self::Unlisted(Unlisted::WrongNamespace) => "wrong-namespace",
            Self::Unlisted(Unlisted::NotYetValid) => "not-yet-valid",
            Self::Unlisted(Unlisted::Expired) => "expired",
            Self::Narrowed(_) => "not-in-policy",
        }
    }
}

impl std::fmt::Display for Distrust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NoAnchor => "no anchor",
            Self::Revoked => "its key is revoked",
            Self::Unlisted(Unlisted::NotListed) => "its key is not listed",
            Self::Unlisted(Unlisted::AuthorityOnly) => "its key is listed for certificates only",
            Self::Unlisted(Unlisted::WrongNamespace) => "its key is listed for other namespaces",
            Self::Unlisted(Unlisted::NotYetValid) => "its key was not valid yet",
            Self::Unlisted(Unlisted::Expired) => "its key had expired",
            Self::Narrowed(Unlisted::NotListed) => "the policy's list does not have its key",
            Self::Narrowed(_) => "the policy's list does not allow its key then and for this",
        })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::testing::public;
    use super::*;

    fn list(text: &str) -> AllowedSigners {
        AllowedSigners::parse("list", text.as_bytes()).unwrap()
    }

    fn judge(trust: &Trust, number: u8) -> Standing {
        trust.judge(&public(number), Timestamp::from_seconds(1_700_000_000), &Keygen::default()).unwrap()
    }

    fn reason(trust: &Trust, number: u8) -> &'static str {
        match judge(trust, number) {
            Standing::Trusted { .. } => "trusted",
            Standing::Untrusted(why) => why.as_str(),
        }
    }

    #[test]
    fn nobody_is_trusted_without_a_list_of_the_users_own() {
        assert_eq!(reason(&Trust::default(), 1), "no-anchor");
        let narrowed = Some(list(&format!("me {}", public(1))));
        assert_eq!(reason(&Trust { narrowed, ..Trust::default() }, 1), "no-anchor");
    }

    #[test]
    fn a_policy_takes_away_and_never_adds() {
        let anchor = Some(list(&format!("one {}\ntwo {}", public(1), public(2))));
        let narrowed = Some(list(&format!("uno {}\ntres {}", public(1), public(3))));
        let trust = Trust { anchor, narrowed, ..Trust::default() };
        assert_eq!(judge(&trust, 1), Standing::Trusted { principals: "one".to_owned() });
        assert_eq!(reason(&trust, 2), "not-in-policy");
        assert_eq!(reason(&trust, 3), "not-listed");
    }

    #[test]
    fn a_revoked_key_is_never_trusted() {
        let anchor = Some(list(&format!("one {}", public(1))));
        let revoked = Revocations::parse(Path::new("x"), public(1).to_string().as_bytes()).unwrap();
        assert_eq!(reason(&Trust { anchor, revoked, narrowed: None }, 1), "revoked");
    }
}
