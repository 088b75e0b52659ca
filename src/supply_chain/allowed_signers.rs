//! The list of who may sign, as OpenSSH writes it (ALLOWED SIGNERS in `ssh-keygen(1)`).
//!
//! A line that cannot be read makes the whole list an error: a typing mistake must not take a limit away.

use jiff::civil;
use jiff::tz::Offset;

use super::public_key::is_kind;
use super::{Error, PublicKey};
use crate::base::Timestamp;

/// A longer text is no list.
const MAX_LENGTH: usize = 4 << 20;

/// Whom a list names, and within which limits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AllowedSigners {
    lines: Vec<AllowedSigner>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct AllowedSigner {
    principals: String,
    key: PublicKey,
    limits: Limits,
}

/// What the options of a line say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Limits {
    authority: bool,
    namespaces: Option<String>,
    valid_after: Option<Timestamp>,
    valid_before: Option<Timestamp>,
}

/// Why a list does not vouch for a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unlisted {
    /// No line has this key.
    NotListed,
    /// The key is listed as an authority over certificates, which do not sign here.
    AuthorityOnly,
    /// The line is for other namespaces.
    WrongNamespace,
    /// The signature is older than the line allows.
    NotYetValid,
    /// The signature is younger than the line allows.
    Expired,
}

impl AllowedSigners {
    /// Reads a list; `name` stands in errors.
    ///
    /// Times without `Z` are taken as UTC, where OpenSSH takes the machine's zone: a list means the same everywhere.
    ///
    /// # Errors
    /// With the first line that is none.
    pub fn parse(name: &str, text: &[u8]) -> Result<Self, Error> {
        let bad =
            |line: usize, what: &str| Error::BadList { name: name.to_owned(), line, what: what.to_owned() };
        if text.len() > MAX_LENGTH {
            return Err(bad(1, "the list is longer than 4 MiB"));
        }
        let mut lines = Vec::new();
        for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
            let line = std::str::from_utf8(line).map_err(|_| bad(index + 1, "it is not UTF-8"))?.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            lines.push(parse_line(line).map_err(|what| bad(index + 1, &what))?);
        }
        Ok(Self { lines })
    }

    /// Returns the principals for which `key` may sign in `namespace` at the moment `at`.
    ///
    /// # Errors
    /// With the reason that comes closest when no line allows it.
    pub fn find(&self, key: &PublicKey, namespace: &str, at: Timestamp) -> Result<&str, Unlisted> {
        let mut closest = Unlisted::NotListed;
        for line in self.lines.iter().filter(|line| line.key == *key) {
            match line.limits.allows(namespace, at) {
                Ok(()) => return Ok(&line.principals),
                Err(why) => closest = closest.max(why),
            }
        }
        Err(closest)
    }
}

impl Limits {
    fn allows(&self, namespace: &str, at: Timestamp) -> Result<(), Unlisted> {
        if self.authority {
            return Err(Unlisted::AuthorityOnly);
        }
        if self.namespaces.as_deref().is_some_and(|list| !matches_list(list, namespace)) {
            return Err(Unlisted::WrongNamespace);
        }
        // The edges count as inside, as they do for OpenSSH.
        if self.valid_after.is_some_and(|after| at < after) {
            return Err(Unlisted::NotYetValid);
        }
        if self.valid_before.is_some_and(|before| at > before) {
            return Err(Unlisted::Expired);
        }
        Ok(())
    }
}

/// Reads `PRINCIPALS [OPTIONS] KIND BASE64 [COMMENT]`.
fn parse_line(line: &str) -> Result<AllowedSigner, String> {
    let (principals, rest) = principals(line)?;
    let bare = is_kind(first_word(rest));
    let mut limits = Limits::default();
    let key = if bare { rest } else { options(rest, &mut limits)? };
    let key = PublicKey::parse(key).map_err(|fault| fault.to_string())?;
    if let (Some(after), Some(before)) = (limits.valid_after, limits.valid_before)
        && after >= before
    {
        return Err("`valid-after` is not before `valid-before`".to_owned());
    }
    Ok(AllowedSigner { principals, key, limits })
}

fn first_word(text: &str) -> &str {
    text.split([' ', '\t']).next().unwrap_or_default()
}

/// Takes the first word, which may stand in quotes.
fn principals(line: &str) -> Result<(String, &str), String> {
    let (word, rest) = match line.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').ok_or("a quote is not closed")?,
        None => line.split_once([' ', '\t']).ok_or("it has principals and no key")?,
    };
    if word.is_empty() || word.chars().any(char::is_control) {
        return Err("the principals are empty, or hold a control character".to_owned());
    }
    Ok((word.to_owned(), rest.trim_start()))
}

/// Reads `NAME[="VALUE"],...` up to the first blank outside of quotes, and returns what follows it.
fn options<'a>(text: &'a str, limits: &mut Limits) -> Result<&'a str, String> {
    let mut rest = text;
    loop {
        let end = rest.find([',', '=', ' ', '\t']).ok_or("it has no key")?;
        let (name, after) = rest.split_at(end);
        let (value, after) = match after.strip_prefix('=') {
            Some(after) => {
                let (value, after) = quoted(after)?;
                (Some(value), after)
            }
            None => (None, after),
        };
        set(limits, &name.to_ascii_lowercase(), value)?;
        match after.strip_prefix(',') {
            Some(after) => rest = after,
            None if after.starts_with([' ', '\t']) => return Ok(after.trim_start()),
            None => return Err(format!("something follows the option `{name}`")),
        }
    }
}

/// Takes a value in double quotes; a backslash before a quote keeps it.
fn quoted(text: &str) -> Result<(String, &str), String> {
    let inner = text.strip_prefix('"').ok_or("an option's value is not in quotes")?;
    let mut value = String::new();
    let mut characters = inner.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Ok((value, &inner[at + 1..])),
            '\\' if characters.peek().is_some_and(|(_, next)| *next == '"') => {
                characters.next();
                value.push('"');
            }
            other => value.push(other),
        }
    }
    Err("a quote is not closed".to_owned())
}

fn set(limits: &mut Limits, name: &str, value: Option<String>) -> Result<(), String> {
    let twice = || Err(format!("the option `{name}` stands twice"));
    match (name, value) {
        ("cert-authority", None) => limits.authority = true,
        ("namespaces", Some(_)) if limits.namespaces.is_some() => return twice(),
        ("namespaces", Some(list)) => limits.namespaces = Some(list),
        ("valid-after", Some(_)) if limits.valid_after.is_some() => return twice(),
        ("valid-after", Some(time)) => limits.valid_after = Some(moment(&time)?),
        ("valid-before", Some(_)) if limits.valid_before.is_some() => return twice(),
        ("valid-before", Some(time)) => limits.valid_before = Some(moment(&time)?),
        ("namespaces" | "valid-after" | "valid-before", None) => {
            return Err(format!("the option `{name}` needs a value"));
        }
        _ => {
            let shown: String = name.chars().take(40).filter(|one| !one.is_control()).collect();
            return Err(format!("`{shown}` is no option, and no kind of key that may sign"));
        }
    }
    Ok(())
}

/// Reads `YYYYMMDD[HHMM[SS]][Z]`, in UTC.
fn moment(text: &str) -> Result<Timestamp, String> {
    let bad = || format!("`{}` is no time", text.chars().take(20).collect::<String>());
    let digits = text.strip_suffix(['Z', 'z']).unwrap_or(text);
    if !matches!(digits.len(), 8 | 12 | 14) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(bad());
    }
    let number = |from: usize, to: usize| match digits.get(from..to) {
        Some(part) => part.parse::<i16>().map_err(|_| bad()),
        None => Ok(0),
    };
    let small = |from: usize| number(from, from + 2).and_then(|value| i8::try_from(value).map_err(|_| bad()));
    let civil =
        civil::DateTime::new(number(0, 4)?, small(4)?, small(6)?, small(8)?, small(10)?, small(12)?, 0)
            .map_err(|_| bad())?;
    let moment = Offset::UTC.to_timestamp(civil).map_err(|_| bad())?;
    Ok(Timestamp::from_seconds(moment.as_second()))
}

/// Says whether a list of patterns (`*`, `?`, a leading `!` for never) takes `word`.
fn matches_list(list: &str, word: &str) -> bool {
    let mut taken = false;
    for pattern in list.split(',') {
        match pattern.strip_prefix('!') {
            Some(never) if matches(never.as_bytes(), word.as_bytes()) => return false,
            None if matches(pattern.as_bytes(), word.as_bytes()) => taken = true,
            _ => {}
        }
    }
    taken
}

/// Matches with `*` and `?`; time grows with the product of both lengths and no faster.
fn matches(pattern: &[u8], word: &[u8]) -> bool {
    let (mut at, mut seen) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while seen < word.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(b'?') => (at, seen) = (at + 1, seen + 1),
            Some(byte) if *byte == word[seen] => (at, seen) = (at + 1, seen + 1),
            _ => {
                let Some((star_at, from)) = star else { return false };
                star = Some((star_at, from + 1));
                (at, seen) = (star_at + 1, from + 1);
            }
        }
    }
    pattern[at.min(pattern.len())..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::public;
    use super::*;

    const NAMESPACE: &str = super::super::NAMESPACE;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn find(line: &str, time: &str) -> Result<String, Unlisted> {
        let list = AllowedSigners::parse("list", line.as_bytes()).unwrap();
        list.find(&public(1), NAMESPACE, at(time)).map(str::to_owned)
    }

    const NOW: &str = "2023-11-14T22:13:20Z";

    #[test]
    fn a_listed_key_answers_with_its_principals() {
        let key = public(1);
        for (line, principals) in [
            (format!("me@example.com {key}"), "me@example.com"),
            (format!("# a list\n\n  me@a,*@b,!x@b\t{key} a comment\r\n"), "me@a,*@b,!x@b"),
            (format!("\"two words\" {key}"), "two words"),
            (format!("me namespaces=\"git,git-iao-*\" {key}"), "me"),
            (format!("me NAMESPACES=\"git-iao-seal@v1\",valid-after=\"20231114\" {key}"), "me"),
            (format!("me valid-before=\"20231114221320Z\" {key}"), "me"),
            (format!("me valid-after=\"20231114221320\" {key}"), "me"),
            (format!("other namespaces=\"git\" {key}\nme {key}"), "me"),
        ] {
            assert_eq!(find(&line, NOW).as_deref(), Ok(principals), "{line}");
        }
    }

    #[test]
    fn each_limit_is_told_apart() {
        let (key, other) = (public(1), public(2));
        for (line, why) in [
            (String::new(), Unlisted::NotListed),
            (format!("me {other}"), Unlisted::NotListed),
            (format!("me cert-authority {key}"), Unlisted::AuthorityOnly),
            (format!("me namespaces=\"git,file\" {key}"), Unlisted::WrongNamespace),
            (format!("me namespaces=\"*,!git-iao-seal@v1\" {key}"), Unlisted::WrongNamespace),
            (format!("me valid-after=\"20231115\" {key}"), Unlisted::NotYetValid),
            (format!("me valid-before=\"202311142213Z\" {key}"), Unlisted::Expired),
        ] {
            assert_eq!(find(&line, NOW), Err(why), "{line}");
        }
    }

    #[test]
    fn a_bad_line_is_named_and_spoils_the_list() {
        let key = public(1);
        for line in [
            "me".to_owned(),
            format!("me nonsense {key}"),
            format!("me namespaces={NAMESPACE} {key}"),
            format!("me namespaces=\"x {key}"),
            format!("me namespaces=\"x\"y {key}"),
            format!("me namespaces {key}"),
            format!("me namespaces=\"a\",namespaces=\"b\" {key}"),
            format!("me valid-after=\"2023\" {key}"),
            format!("me valid-after=\"20231399\" {key}"),
            format!("me valid-after=\"20231114\",valid-before=\"20231113\" {key}"),
            format!("\"me {key}"),
            format!("\"\" {key}"),
            "me ssh-ed25519".to_owned(),
            "me ssh-dss AAAA".to_owned(),
            format!("me {}", key.to_string().replace("AAAAC3", "AAAAC4")),
        ] {
            let text = format!("# first\nme {key}\n{line}\n");
            let error = AllowedSigners::parse("list", text.as_bytes()).unwrap_err();
            assert!(
                matches!(&error, Error::BadList { line: 3, name, .. } if name == "list"),
                "{line}: {error}"
            );
        }
        assert!(AllowedSigners::parse("list", b"\xff\n").is_err());
    }

    #[test]
    fn patterns_match_as_in_ssh() {
        for (list, word, taken) in [
            ("git", "git", true),
            ("git", "gitx", false),
            ("g*t", "git", true),
            ("g?t", "gt", false),
            ("*a*b", "xxaxxb", true),
            ("*a*b", "xxaxx", false),
            ("a,b", "b", true),
            ("!b,*", "b", false),
            ("*,!b", "b", false),
            ("", "b", false),
        ] {
            assert_eq!(matches_list(list, word), taken, "{list} {word}");
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in "[ -~\t\n\"=,\\\\]{0,80}", bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = AllowedSigners::parse("list", text.as_bytes());
            let _ = AllowedSigners::parse("list", &bytes);
        }

        #[test]
        fn reading_a_line_with_a_key_never_panics(options in "[a-z=\",\\\\ 0-9-]{0,40}") {
            let _ = AllowedSigners::parse("list", format!("me {options} {}", public(1)).as_bytes());
        }

        #[test]
        fn a_hostile_pattern_takes_no_time(word in "a{0,200}") {
            let word = format!("{word}b");
            prop_assert!(!matches_list(&"*a".repeat(200), &word));
        }
    }
}
