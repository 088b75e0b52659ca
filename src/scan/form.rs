//! The forms of credentials that code knows and no pattern tells: what they are called, and what is said of them.

use super::rule::FORMS;
use crate::model::Severity;

/// A form that no pattern tells, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Form {
    PrivateKey,
    LockedKey,
    JsonWebToken,
    UrlPassword,
    Authorization,
    Secret,
    Password,
}

/// All forms.
pub(super) const ALL: [Form; FORMS.len()] = [
    Form::PrivateKey,
    Form::LockedKey,
    Form::JsonWebToken,
    Form::UrlPassword,
    Form::Authorization,
    Form::Secret,
    Form::Password,
];

/// What is said of a form.
pub(super) struct About {
    pub(super) id: &'static str,
    pub(super) severity: Severity,
    pub(super) message: &'static str,
}

impl Form {
    pub(super) fn about(self) -> About {
        let (id, severity, message) = match self {
            Self::PrivateKey => ("private-key", Severity::Error, "the content holds a private key"),
            Self::LockedKey => (
                "encrypted-private-key",
                Severity::Note,
                "the content holds a private key behind a passphrase",
            ),
            Self::JsonWebToken => {
                ("json-web-token", Severity::Warning, "the content holds a signed JSON Web Token")
            }
            Self::UrlPassword => ("url-password", Severity::Error, "the URL holds a password"),
            Self::Authorization => {
                ("authorization-header", Severity::Error, "the authorization value holds a credential")
            }
            Self::Secret => (
                "generic-secret",
                Severity::Warning,
                "the name promises a secret, and the value looks drawn by chance",
            ),
            Self::Password => (
                "generic-password",
                Severity::Warning,
                "the name promises a password, and the value looks like one",
            ),
        };
        About { id, severity, message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_called_what_files_of_rules_call_them() {
        assert_eq!(ALL.map(|form| form.about().id), FORMS);
        assert!(ALL.into_iter().enumerate().all(|(at, form)| form as usize == at));
    }
}
