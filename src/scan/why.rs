//! Says how sure a finding is, and what that rests on: the form, the kinds of characters, a checksum that a vendor defines.
//!
//! Asked for findings alone. Nothing here decides whether something is found, and nothing of the secret is told.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::checksum::{self, Checksum};
use super::entropy;
use super::form::Form;
use super::rule::Rule;
use super::text::is_encrypted;
use crate::model::Confidence;

/// What found something.
pub(super) enum Why<'a> {
    Rule(&'a Rule),
    /// A rule that looks at the path of a file alone.
    Path,
    Form(Form),
    /// A pattern of the policy.
    Pattern,
}

/// Returns the confidence in a match, and why.
pub(super) fn judge(by: Why<'_>, secret: &[u8]) -> (Confidence, String) {
    match by {
        Why::Rule(rule) => of_rule(rule, secret),
        Why::Form(Form::PrivateKey | Form::LockedKey) => private_key(secret),
        Why::Form(Form::JsonWebToken) => json_web_token(secret),
        Why::Form(Form::UrlPassword) => {
            let confidence = if secret.len() < 6 { Confidence::Medium } else { Confidence::High };
            (confidence, format!("it stands where a URL has its password: {}", kinds(secret)))
        }
        Why::Form(Form::Authorization) => authorization(secret),
        Why::Form(Form::Secret) => {
            let made = secret.len() >= 24 && entropy::bits(secret) >= 3.5;
            let confidence = if made { Confidence::High } else { Confidence::Medium };
            (confidence, format!("the name promises a secret, and the value looks drawn: {}", kinds(secret)))
        }
        Why::Form(Form::Password) => {
            let confidence = if classes(secret).len() >= 3 { Confidence::Medium } else { Confidence::Low };
            (confidence, format!("a name or its place promises a password: {}", kinds(secret)))
        }
        Why::Path => (Confidence::Medium, "a rule forbids files that are named so".to_owned()),
        Why::Pattern => (Confidence::Medium, "a pattern of the policy forbids it".to_owned()),
    }
}

fn of_rule(rule: &Rule, secret: &[u8]) -> (Confidence, String) {
    let lower = secret.to_ascii_lowercase();
    // A keyword within the secret is its prefix, or nearly so; one beside it is only a name.
    let own = rule.keywords.iter().any(|word| memchr::memmem::find(&lower, word.as_bytes()).is_some());
    let form = if own {
        format!("prefix, length and alphabet are those of: {}", rule.description)
    } else {
        format!("a value beside what names it, in the form of: {}", rule.description)
    };
    let (confidence, more) = match checksum::check(&rule.id, secret) {
        Some(Checksum::Holds(what)) => (Confidence::High, format!("; {what} holds")),
        Some(Checksum::Broken(what)) => {
            (Confidence::Low, format!("; {what} does not hold, as in examples and made-up ones"))
        }
        None if own && secret.len() >= 20 => (Confidence::High, String::new()),
        None => (Confidence::Medium, format!("; {}", kinds(secret))),
    };
    (confidence, form + &more)
}

fn private_key(block: &[u8]) -> (Confidence, String) {
    let text = String::from_utf8_lossy(block);
    let encrypted = is_encrypted(block);
    let body: Vec<u8> = text
        .split("-----")
        .nth(2)
        .unwrap_or_default()
        .replace("\\n", "")
        .bytes()
        .filter(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(byte))
        .collect();
    let decoded = STANDARD_NO_PAD.decode(&body).or_else(|_| URL_SAFE_NO_PAD.decode(&body));
    let whole = decoded.is_ok_and(|bytes| bytes.starts_with(b"openssh-key-v1\0") || is_sequence(&bytes));
    match (whole, encrypted) {
        (true, true) => (Confidence::Medium, "a whole key in PEM, locked by a passphrase".to_owned()),
        (true, false) => (Confidence::High, "a whole key in PEM, whose body decodes".to_owned()),
        (false, _) => (Confidence::Medium, "the header of a private key and a body".to_owned()),
    }
}

/// Says whether bytes are one SEQUENCE in DER (ITU-T X.690), as long as it says.
fn is_sequence(bytes: &[u8]) -> bool {
    let Some((0x30, rest)) = bytes.split_first().map(|(first, rest)| (*first, rest)) else { return false };
    let Some((first, rest)) = rest.split_first() else { return false };
    match *first {
        0x81..=0x84 => {
            let count = usize::from(first - 0x80);
            let length = rest.iter().take(count).fold(0, |sum, byte| sum * 256 + usize::from(*byte));
            rest.len() >= count && rest.len() - count == length
        }
        short if short < 0x80 => rest.len() == usize::from(short),
        _ => false,
    }
}

fn json_web_token(token: &[u8]) -> (Confidence, String) {
    let claims = token.split(|byte| *byte == b'.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let claims = claims
        .and_then(|bytes| serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&bytes).ok());
    match claims {
        Some(_) => (Confidence::High, "header and claims decode, and it is signed".to_owned()),
        None => (Confidence::Medium, "the header decodes, and it is signed; the claims do not".to_owned()),
    }
}

fn authorization(value: &[u8]) -> (Confidence, String) {
    let decoded =
        STANDARD_NO_PAD.decode(value.trim_ascii_end().split(|byte| *byte == b'=').next().unwrap_or(value));
    let pair = decoded.is_ok_and(|bytes| bytes.contains(&b':') && bytes.iter().all(u8::is_ascii_graphic));
    if pair {
        return (Confidence::High, "an authorization value that decodes to user and password".to_owned());
    }
    (Confidence::Medium, format!("an authorization value that looks drawn: {}", kinds(value)))
}

/// Returns the kinds of characters of a value.
fn classes(value: &[u8]) -> BTreeSet<&'static str> {
    let class = |byte: &u8| match byte {
        b'a'..=b'z' => "small letters",
        b'A'..=b'Z' => "capital letters",
        b'0'..=b'9' => "digits",
        _ => "marks",
    };
    value.iter().map(class).collect()
}

/// Describes a value by its length and its kinds of characters: `14 letters, digits and marks`.
fn kinds(value: &[u8]) -> String {
    let classes = classes(value);
    let mut words = Vec::new();
    if classes.iter().any(|class| class.ends_with("letters")) {
        words.push("letters");
    }
    words.extend(["digits", "marks"].into_iter().filter(|word| classes.contains(word)));
    let listed = match words.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => "characters".to_owned(),
    };
    // A short length would help who guesses.
    if value.len() < 8 { format!("fewer than 8 {listed}") } else { format!("{} {listed}", value.len()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_described_without_being_told() {
        assert_eq!(kinds(concat!("hunt", "er2!xY3$aa").as_bytes()), "14 letters, digits and marks");
        assert_eq!(kinds(b"123456789"), "9 digits");
        assert_eq!(kinds(b"abc"), "fewer than 8 letters");
        assert_eq!(kinds(b""), "fewer than 8 characters");
    }

    #[test]
    fn a_key_whose_body_decodes_is_sure() {
        let der =
            |length: usize| [&[0x30, 0x81, u8::try_from(length).unwrap()][..], &vec![7; length]].concat();
        let pem = |label: &str, body: &[u8]| {
            let (dashes, body) = ("-".repeat(5), STANDARD_NO_PAD.encode(body));
            format!("{dashes}BEGIN {label}{dashes}\n{body}\n")
        };
        let sure = |label: &str, body: &[u8]| private_key(pem(label, body).as_bytes()).0;
        assert_eq!(sure("RSA PRIVATE KEY", &der(200)), Confidence::High);
        assert_eq!(sure("ENCRYPTED PRIVATE KEY", &der(200)), Confidence::Medium);
        assert_eq!(sure("RSA PRIVATE KEY", &der(200)[..150]), Confidence::Medium);
        let escaped = pem("PRIVATE KEY", &der(200)).replace('\n', "\\n");
        assert_eq!(private_key(escaped.as_bytes()).0, Confidence::High);
    }

    #[test]
    fn a_password_of_many_kinds_is_likelier_than_a_word() {
        let sure = |value: &[u8]| judge(Why::Form(Form::Password), value).0;
        assert!(sure(concat!("Wint", "er2!xY").as_bytes()) > sure(b"wintertime"));
    }
}
