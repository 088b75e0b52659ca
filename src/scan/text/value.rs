//! Tells a value that is a secret from one that stands for it: a placeholder, a reference, a word of the interface.
//!
//! What is let through here is let through for every detector that has no form of its own to go by.

use super::name::{self, Kind};
use crate::scan::entropy;

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// Between quotes.
    Quoted,
    /// As it is, in a file whose values are not quoted.
    Bare,
}

/// The longest password that is taken for one, and the longest value that a machine made, in bytes.
const LONGEST: [usize; 2] = [128, 2048];

/// Words that stand for a value, wherever they stand in it.
const PLACEHOLDERS: [&[u8]; 36] = [
    b"your",
    b"change",
    b"replace",
    b"example",
    b"sample",
    b"placeholder",
    b"dummy",
    b"redacted",
    b"insert",
    b"enter",
    b"todo",
    b"fixme",
    b"xxxx",
    b"****",
    b"....",
    b"....",
    b"<",
    b">",
    b"${",
    b"{{",
    b"}}",
    b"$(",
    b"%(",
    b"#{",
    b"@{",
    b"removed",
    b"hidden",
    b"masked",
    b"encrypted",
    b"undefined",
    b"notreal",
    b"notareal",
    b"not-real",
    b"fake",
    b"goes-here",
    b"goeshere",
];

/// Beginnings of what is kept instead of a password.
const HASHES: [&[u8]; 23] = [
    b"$1$", b"$2a$", b"$2b$", b"$2y$", b"$5$", b"$6$", b"$argon2", b"$apr1$", b"$pbkdf2", b"$scrypt", b"$y$",
    b"{SHA", b"{SSHA", b"{crypt", b"{MD5", b"{PBKDF2", b"pbkdf2", b"scrypt:", b"sha1$", b"sha256$",
    b"sha512$", b"md5$", b"bcrypt",
];

/// Values that are words of languages and interfaces.
const WORDS: [&str; 108] = [
    "access",
    "admin",
    "another",
    "api",
    "apikey",
    "any",
    "array",
    "auth",
    "authorization",
    "auto",
    "base64",
    "basic",
    "bearer",
    "bool",
    "boolean",
    "bytes",
    "client",
    "confirm",
    "config",
    "cookie",
    "credential",
    "credentials",
    "data",
    "default",
    "disabled",
    "email",
    "empty",
    "enabled",
    "env",
    "environment",
    "error",
    "false",
    "field",
    "file",
    "foo",
    "bar",
    "baz",
    "form",
    "forgot",
    "function",
    "hash",
    "header",
    "here",
    "ignore",
    "ignored",
    "incorrect",
    "input",
    "int",
    "integer",
    "invalid",
    "key",
    "keys",
    "label",
    "literal",
    "local",
    "login",
    "long",
    "missing",
    "name",
    "new",
    "nil",
    "no",
    "none",
    "null",
    "number",
    "object",
    "off",
    "old",
    "on",
    "optional",
    "other",
    "pass",
    "passphrase",
    "passwd",
    "password",
    "passwords",
    "phrase",
    "plain",
    "private",
    "prompt",
    "public",
    "pwd",
    "query",
    "required",
    "reset",
    "secret",
    "secrets",
    "self",
    "session",
    "short",
    "some",
    "something",
    "string",
    "submit",
    "text",
    "this",
    "token",
    "tokens",
    "true",
    "unknown",
    "unused",
    "user",
    "username",
    "valid",
    "value",
    "void",
    "wrong",
    "yes",
];

/// Beginnings and ends of values that name a secret instead of being one.
const SPEAKING: [&str; 12] = [
    "pass",
    "password",
    "pwd",
    "secret",
    "token",
    "key",
    "cred",
    "credentials",
    "user",
    "login",
    "auth",
    "input",
];

/// Says whether a value is one that `kind` keeps secret.
pub(super) fn is_secret(value: &[u8], kind: Kind, written: Written) -> bool {
    let longest = LONGEST[usize::from(kind == Kind::Secret)];
    if value.len() < 4 || value.len() > longest || !is_legible(value, kind, written) {
        return false;
    }
    // `\n` and its like stand in texts for people and programs.
    let escapes = memchr::memchr_iter(b'\\', value)
        .any(|at| value.get(at + 1).is_some_and(|byte| b"nrtu".contains(byte)));
    if escapes || stands_for_another(value) || is_place(value) || is_reference(value, written) {
        return false;
    }
    match kind {
        Kind::Password => is_password(value, written),
        Kind::Secret => {
            is_made(value) || value.len() >= 8 && value.len() < 24 && is_chosen(value) || is_strong(value)
        }
    }
}

/// Says whether a value is made of what is typed: people have letters of their own languages in passwords, and texts have more.
fn is_legible(value: &[u8], kind: Kind, written: Written) -> bool {
    let plain = value.iter().filter(|byte| byte.is_ascii_graphic()).count();
    let foreign = value.iter().filter(|byte| !byte.is_ascii()).count();
    let digits = value.iter().any(u8::is_ascii_digit);
    let mixes = kind == Kind::Password && written == Written::Quoted && digits && foreign * 4 <= plain;
    plain == value.len() || plain + foreign == value.len() && mixes
}

/// Says whether a value that was found on its own is one that `kind` keeps secret.
pub(in crate::scan) fn is_secret_value(value: &[u8], kind: Kind) -> bool {
    is_secret(value, kind, Written::Quoted)
}

/// As [`stands_for_another`], and says so of an empty value.
pub(super) fn stands_for_another_or_nothing(value: &[u8]) -> bool {
    value.is_empty() || stands_for_another(value)
}

/// Says whether a value, of one byte at least, is a placeholder.
pub(super) fn stands_for_another(value: &[u8]) -> bool {
    let lower = value.to_ascii_lowercase();
    if PLACEHOLDERS.iter().any(|word| memchr::memmem::find(&lower, word).is_some()) {
        return true;
    }
    let formats = [&b"%s"[..], b"%d", b"%v", b"%i", b"%1"]
        .iter()
        .any(|format| memchr::memmem::find(&lower, format).is_some());
    if formats && !lower.iter().any(u8::is_ascii_digit) || HASHES.iter().any(|hash| value.starts_with(hash)) {
        return true;
    }
    if matches!(lower[0], b'$' | b'%' | b'{' | b'[' | b'(' | b'&' | b'*')
        && lower.len() < 64
        && is_named(&lower[1..])
    {
        return true;
    }
    // `aaaa`, `xxx-xxx`, `0000`, `1234567890`, `abcdef`.
    let distinct = lower.iter().collect::<std::collections::BTreeSet<_>>().len();
    distinct <= 2 || is_row(&lower) || is_marked(&lower)
}

/// Says whether marks stand around a name, for a program to put something in its place: `%%PWD%%`, `###DB_PASS###`, `*DELETED*`.
fn is_marked(lower: &[u8]) -> bool {
    let mark = lower[0];
    let run = lower.iter().take_while(|byte| **byte == mark).count();
    let closed = lower.len() > 2 * run && lower[lower.len() - run..].iter().all(|byte| *byte == mark);
    closed
        && b"#%@*~|_".contains(&mark)
        && lower[run..lower.len() - run]
            .iter()
            .all(|byte| byte.is_ascii_alphabetic() || b"_-*.".contains(byte))
}

/// Says whether the rest of a reference is a name, up to what closes it.
fn is_named(rest: &[u8]) -> bool {
    let closed = rest
        .strip_suffix(b"}")
        .or_else(|| rest.strip_suffix(b"%"))
        .or_else(|| rest.strip_suffix(b"]"))
        .or_else(|| rest.strip_suffix(b")"))
        .unwrap_or(rest);
    !closed.is_empty() && closed.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_.-:{[(".contains(byte))
}

/// Says whether characters follow each other as on a keyboard or in the alphabet.
fn is_row(lower: &[u8]) -> bool {
    const ROWS: [&[u8]; 4] = [
        b"abcdefghijklmnopqrstuvwxyz0123456789",
        b"01234567890123456789",
        b"0123456789abcdef0123456789abcdef",
        b"9876543210",
    ];
    // Several rows one behind the other: `012345abcdef`; or bytes that count up, as in test vectors.
    let steps = lower.windows(2).filter(|pair| pair[0].abs_diff(pair[1]) == 1).count();
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let bytes: Option<Vec<u32>> =
        lower.chunks(2).map(|pair| Some(digit(&pair[0])? * 16 + digit(pair.get(1)?)?)).collect();
    let counts = |bytes: &[u32]| bytes.windows(2).filter(|pair| pair[0] + 1 == pair[1]).count();
    lower.len() >= 6 && ROWS.iter().any(|row| memchr::memmem::find(row, lower).is_some())
        || lower.len() >= 10 && steps * 10 >= (lower.len() - 1) * 7
        || bytes.is_some_and(|bytes| bytes.len() >= 8 && counts(&bytes) * 4 >= (bytes.len() - 1) * 3)
}

/// Says whether a value is a path, a URL, or the name of a file or of a media type.
fn is_place(value: &[u8]) -> bool {
    let begins = [
        &b"/"[..],
        b"./",
        b"../",
        b"~/",
        b"\\\\",
        b"http",
        b"data:",
        b"file:",
        b"arn:",
        b"projects/",
        b"vault:",
        b"ssm:",
        b"secret/",
        b"op://",
        b"env:",
        b"refs/",
    ];
    let ends = [
        &b".pem"[..],
        b".key",
        b".crt",
        b".json",
        b".yml",
        b".yaml",
        b".txt",
        b".jks",
        b".p12",
        b".pfx",
        b".js",
        b".ts",
        b".py",
        b".go",
        b".java",
        b".html",
        b".com",
        b".env",
        b".conf",
        b".xml",
    ];
    let slashes = value.iter().filter(|byte| **byte == b'/').count();
    let wordy = || entropy::likeness(value).is_some_and(|likeness| likeness > 0.2);
    begins.iter().any(|begin| value.starts_with(begin))
        || ends.iter().any(|end| value.ends_with(end))
        || slashes >= 1 && wordy()
}

/// Says whether a value names something else: a variable, a member, a call.
fn is_reference(value: &[u8], written: Written) -> bool {
    if written == Written::Bare && value.iter().any(|byte| b"()[]{}<>\"'`".contains(byte)) {
        return true;
    }
    // `"password=").append(password).append("`: the quotes are those around the value.
    if memchr::memmem::find(value, b"()").is_some()
        || value.starts_with(b")")
        || memchr::memmem::find(value, b"::").is_some()
        || memchr::memmem::find(value, b"->").is_some()
    {
        return true;
    }
    if is_joined(value) {
        return true;
    }
    // `config.password`, `settings.API_KEY`, `com.example.Foo`.
    let mut parts = value.split(|byte| *byte == b'.');
    let is_part = |part: &[u8]| {
        part.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
            && part.iter().all(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
    };
    value.contains(&b'.') && parts.all(is_part)
}

/// Says whether a text between quotes is what joins two others: `'" + password + "'`, `'".md5($x)."'`.
pub(super) fn is_joined(value: &[u8]) -> bool {
    let joins = |byte: Option<&u8>| byte.is_some_and(|byte| b".+&|".contains(byte));
    let inner = value.trim_ascii();
    let quote = |byte: &&u8| matches!(byte, b'"' | b'\'' | b'`');
    let open = usize::from(inner.first().filter(quote).is_some());
    let close = inner.len() - usize::from(inner.last().filter(quote).is_some()).min(inner.len() - open);
    let bare = inner[open..close].trim_ascii();
    let set_apart = open == 1 || close < inner.len() || inner.len() < value.len();
    set_apart && bare.len() > 2 && joins(bare.first()) && joins(bare.last())
}

/// Says whether a password is one of several that only tell each other apart: `pass1`, `pwd_2`, `test123`.
fn is_numbered(lower: &str) -> bool {
    const TESTS: [&str; 6] = ["test", "testing", "foo", "bar", "baz", "dummy"];
    let stem = lower.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let digits = lower.len() - stem.len();
    let stem = stem.trim_end_matches(['_', '-']);
    digits > 0 && (TESTS.contains(&stem) || digits == 1 && WORDS.contains(&stem))
}

/// Says whether people choose such a password, as far as it can be told from a name.
fn is_password(value: &[u8], written: Written) -> bool {
    let lower = String::from_utf8_lossy(value).to_ascii_lowercase();
    // Forms mark what they ask for: `Password*`, `Confirm:`.
    if WORDS.contains(&lower.trim_end_matches(['*', ':', '?', '.']))
        || is_numbered(&lower)
        || lower.ends_with('=') && lower.len() < 8
        || value.contains(&b'=') && written == Written::Bare
    {
        return false;
    }
    let letters = value.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    let marks = value.len() - letters - digits;
    if value.contains(&b'|') && entropy::likeness(value).is_some_and(|likeness| likeness > 0.3)
        || value.ends_with(b"@")
    {
        return false;
    }
    if letters == 0 {
        // Numbers are lengths, ports and times more often, or addresses and versions.
        let part_of_one = |byte: &u8| byte.is_ascii_digit() || b".^~=<>*+-:/".contains(byte);
        if value.contains(&b'.') && value.iter().all(part_of_one) {
            return false;
        }
        return digits >= 6 && marks == 0 && written == Written::Quoted || marks >= 3 && digits >= 3;
    }
    if digits == 0 {
        let identifier =
            value.iter().all(|byte| byte.is_ascii_alphabetic() || b"_-.:,;?!\"'\\".contains(byte));
        let speaks = speaks(&lower) && !(marks == 0 && is_compound(value));
        if identifier && (marks > 0 || speaks) {
            // `new-password`, `user_pass`, `Password:`; a mark at the end alone is one that a form asked for.
            let ends_loudly = marks == 1 && value.ends_with(b"!");
            let mut parts = value.split(|byte| b"_-".contains(byte));
            let two_words = marks == 1
                && written == Written::Quoted
                && parts.all(|part| part.len() >= 4 && part.iter().all(u8::is_ascii_lowercase));
            let words = [
                "input", "field", "required", "type", "text", "name", "form", "button", "label", "error",
                "invalid", "missing", "reset", "current", "value",
            ];
            let interface = words.iter().any(|word| lower.contains(word));
            return !speaks && (ends_loudly || two_words && !interface);
        }
        // A name of two words and more, as code writes them.
        let humps = value
            .windows(2)
            .filter(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
            .count();
        let title = value[0].is_ascii_uppercase() && value[1..].iter().all(u8::is_ascii_lowercase);
        if identifier
            && (title || humps >= 1 && entropy::likeness(value).is_some_and(|likeness| likeness > 0.0))
        {
            return false;
        }
        return value.len() >= 5;
    }
    // `existing-key-2`.
    let mut parts: Vec<&[u8]> = value.split(|byte| b"_-".contains(byte)).collect();
    let number = parts.pop().is_some_and(|last| last.len() <= 2 && last.iter().all(u8::is_ascii_digit));
    let is_word = |part: &&[u8]| part.len() >= 2 && part.iter().all(u8::is_ascii_lowercase);
    if number && parts.len() >= 2 && parts.iter().all(is_word) {
        return false;
    }
    // `password1` and `Passw0rd!` are passwords; `key1` and `field_2` are names.
    let named = [
        "key", "field", "arg", "param", "var", "col", "version", "input", "label", "sha", "md5", "utf",
        "base", "aes",
    ];
    !named.iter().any(|word| lower.starts_with(word)) || marks > 1
}

/// Says whether a word names a secret: `passfield`, `apikey`; `monkey` and `turkey` name none.
fn speaks(lower: &str) -> bool {
    let is_name = |word: &str| word != "key" || name::judge(lower.as_bytes()).is_some();
    let ends = |word: &str| lower.ends_with(word) && is_name(word);
    SPEAKING.iter().any(|word| lower.starts_with(word) || ends(word))
}

/// Says whether a word is a password that somebody made of the word: `mysecretpassword`, `goodpassword`. `newpassword` and
/// `dbpassword` say whose it is.
pub(super) fn is_compound(value: &[u8]) -> bool {
    const ROLES: [&str; 35] = [
        "account", "admin", "api", "app", "basic", "change", "client", "confirm", "current", "database",
        "db", "email", "enter", "forgot", "get", "has", "hashed", "invalid", "is", "login", "new", "no",
        "old", "plain", "proxy", "raw", "repeat", "reset", "root", "server", "set", "show", "the", "user",
        "wrong",
    ];
    let word = String::from_utf8_lossy(value);
    let ending = ["password", "passwd", "secret"].iter().find_map(|end| word.strip_suffix(end));
    value.iter().all(u8::is_ascii_lowercase)
        && value.len() >= 9
        && ending.is_some_and(|rest| rest.len() >= 2 && !ROLES.contains(&rest))
        && !SPEAKING.iter().any(|word| value.starts_with(word.as_bytes()))
}

/// Says whether a value can only be a password where nothing but its place tells so.
pub(super) fn is_plainly_password(value: &[u8]) -> bool {
    let letters = value.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    let place = value.iter().any(|byte| b"/\\:=<>(){}[]|,;".contains(byte))
        || value.windows(4).any(|part| part == b".com" || part == b".org");
    // `v1.2.3`, `db01`, `2024-01-01`, `us-east-1`.
    let named =
        value.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._".contains(byte))
            && digits < 4;
    // `onButton1`.
    let identifier = digits < 2
        && letters + digits == value.len()
        && entropy::likeness(value).is_some_and(|likeness| likeness > 0.3);
    value.len() >= 6
        && letters >= 3
        && digits >= 1
        && !place
        && !named
        && !identifier
        && is_secret(value, Kind::Password, Written::Quoted)
}

/// Says whether a value is a word or several, as far as its letters tell.
pub(super) fn is_words(value: &[u8]) -> bool {
    value.iter().all(|byte| byte.is_ascii_alphabetic() || b"_-".contains(byte))
        && entropy::likeness(value).is_some_and(|likeness| likeness > 0.3)
}

/// Says whether a machine made a value: it looks as if drawn by chance.
pub(in crate::scan) fn is_made(value: &[u8]) -> bool {
    if value.len() < 16 {
        return false;
    }
    let letters = value.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    let marks = value.len() - letters - digits;
    let bits = entropy::bits(value);
    if marks * 4 > value.len() || bits < 3.0 {
        return false;
    }
    let hex = value.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'-');
    if hex {
        return digits > 0 && letters > 0;
    }
    let mixed = value.iter().any(u8::is_ascii_uppercase) && value.iter().any(u8::is_ascii_lowercase);
    let likeness = entropy::likeness(value).unwrap_or(-2.0);
    let by_chance = if value.len() >= 24 { 0.1 } else { -0.2 };
    // Letters of one case are words, or drawn from the alphabet of base32.
    let letters_alone = letters == value.len() && value.len() >= 16 && likeness < -0.8;
    digits > 0 && (bits >= 3.2 && likeness < by_chance || bits >= 4.2 && likeness < 0.5)
        || digits == 0 && (mixed && likeness < -0.6 || letters_alone) && bits >= 3.5
}

/// Says whether a value is as long as keys of ciphers are, and drawn: whole bytes in hexadecimal digits, or in base64.
pub(super) fn is_cipher_key(value: &[u8]) -> bool {
    let hex = value.iter().all(u8::is_ascii_hexdigit);
    let base64 = value.len().is_multiple_of(4)
        && value.len() >= 40
        && value.iter().any(u8::is_ascii_uppercase)
        && value.iter().any(u8::is_ascii_lowercase)
        && value.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(byte));
    (hex && [32, 48, 64, 128].contains(&value.len()) || base64) && is_made(value)
}

/// Says whether a value is a password as programs make them for people: letters, digits and marks that stand in no name.
pub(super) fn is_strong(value: &[u8]) -> bool {
    let count = |is: fn(&u8) -> bool| value.iter().filter(|byte| is(byte)).count();
    let marks = value.iter().filter(|byte| b"!@#$%^&*=+?~".contains(byte)).count();
    (10..64).contains(&value.len())
        && marks >= 1
        && count(u8::is_ascii_digit) >= 1
        && count(u8::is_ascii_uppercase) >= 1
        && count(u8::is_ascii_lowercase) >= 2
        && !value.iter().any(|byte| b"/:,;()[]{}<>|".contains(byte))
        && entropy::likeness(value).is_none_or(|likeness| likeness < 0.5)
}

/// Says whether somebody chose a value that is shorter, and did not take a word for it.
fn is_chosen(value: &[u8]) -> bool {
    let letters = value.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    let marks = value.len() - letters - digits;
    let lower = String::from_utf8_lossy(value).to_ascii_lowercase();
    let speaks = [
        "key", "secret", "token", "test", "auth", "pass", "user", "name", "type", "v1", "v2", "sha", "hmac",
        "aes", "rs256", "hs256", "oauth", "id",
    ];
    digits >= 2
        && letters >= 3
        && marks <= value.len() / 4
        && entropy::bits(value) >= 2.75
        && !speaks.iter().any(|word| lower.contains(word))
        // A few letters side by side tell little.
        && (digits * 3 >= value.len() || entropy::likeness(value).is_none_or(|likeness| likeness < 0.3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_that_people_choose_are_taken_for_some() {
        for value in [
            "hunter2",
            "Tr0ub4dor&3",
            "qwertz12",
            "s3cr3t",
            "monkeybars",
            "Passw0rd!",
            "P@ssword1",
            "Winter2024",
            "letmein!",
        ] {
            assert!(is_secret(value.as_bytes(), Kind::Password, Written::Quoted), "{value}");
        }
    }

    #[test]
    fn what_stands_for_a_password_is_none() {
        for value in [
            "password",
            "changeme",
            "<your-password>",
            "${DB_PASSWORD}",
            "$PASSWORD",
            "%PASSWORD%",
            "{{ password }}",
            "xxxxxxxx",
            "********",
            "your_password_here",
            "Password",
            "new-password",
            "user_password",
            "string",
            "required",
            "/run/secrets/db",
            "config.password",
            "getPassword()",
            "passwordInput",
            "Enter",
            "null",
            "true",
            "abc",
            "secret/data/db",
            "cert.pem",
            "%s",
            "{password}",
            "env:PASS",
        ] {
            assert!(!is_secret(value.as_bytes(), Kind::Password, Written::Quoted), "{value}");
        }
    }

    #[test]
    fn a_password_that_is_made_of_the_word_is_one_and_a_name_is_none() {
        let secret = |value: &str| is_secret(value.as_bytes(), Kind::Password, Written::Quoted);
        for value in [concat!("quietrabbit", "password"), concat!("ourlittle", "secret"), "monkey", "turkey"]
        {
            assert!(secret(value), "{value}");
        }
        for value in [
            "newpassword",
            "dbpassword",
            "userpassword",
            "api_password",
            "masterkey",
            "my_password\\'\"",
            "Password*",
            "Confirm:",
            "wrong",
            "admin",
        ] {
            assert!(!secret(value), "{value}");
        }
    }

    #[test]
    fn what_is_numbered_counted_or_marked_stands_for_another() {
        let secret = |value: &str| is_secret(value.as_bytes(), Kind::Password, Written::Quoted);
        for value in [
            "pass1",
            "pwd_2",
            "test123456",
            "existing-key-2",
            "012345abcdef",
            "abcd1234efg567",
            "%%PWD%%",
            "###DB_PASS###",
            "*DELETED*",
            "1.2.840.113549.1.9.7",
            "192.168.20.114",
            "^0.1.1",
            ">=1.12.0",
            "sha1$ab12c$0011",
            "\".md5($password1,true).\"",
            ").append(password1).append(",
        ] {
            assert!(!secret(value), "{value}");
        }
        assert!(!is_made(b"000102030405060708090A0B0C0D0E0F") || is_row(b"000102030405060708090a0b0c0d0e0f"));
        assert!(secret(concat!("hunter", "26")) && secret(concat!("ncc-", "1701")));
        assert!(is_secret(concat!("c7d1", "ac0b3f94e2").as_bytes(), Kind::Secret, Written::Quoted));
    }

    #[test]
    fn letters_of_other_languages_stand_in_passwords_and_make_up_texts() {
        let secret = |value: &str| is_secret(value.as_bytes(), Kind::Password, Written::Quoted);
        assert!(secret(concat!("gr\u{fc}ner", "Hut71")));
        assert!(!secret("\u{8bf7}\u{8f93}\u{5165}8\u{4f4d}"));
        assert!(!secret(concat!("gr\u{fc}n", "erHut")));
    }

    #[test]
    fn what_joins_two_texts_is_no_value() {
        for text in ["` + newpw + `", "\" + password + \"", "\".md5($x).\"", " || pw || "] {
            assert!(is_joined(text.as_bytes()), "{text}");
        }
        for text in ["a+b", "+secret+", "'quoted'", "", "\""] {
            assert!(!is_joined(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn keys_of_ciphers_have_their_lengths() {
        let drawn = |alphabet: &[u8], length: usize| -> Vec<u8> {
            (0..length).map(|at| alphabet[(at * at * 7 + at * 3 + at / 5) % alphabet.len()]).collect()
        };
        let letters = b"Qx7Kd2Zp9Lw4Tb8Vh1Ny6Rf3Gs5Jc0MqXkDzPlWtBvHnYrFgSjCm";
        assert!(is_cipher_key(&drawn(b"7d1f0a9e3c5b8264", 32)) && is_cipher_key(&drawn(letters, 44)));
        assert!(!is_cipher_key(&drawn(b"7d1f0a9e3c5b8264", 40)), "names of commits are as long");
        assert!(!is_cipher_key(&drawn(letters, 43)) && !is_cipher_key(&drawn(letters, 24)));
    }

    #[test]
    fn values_that_machines_made_are_told_from_names() {
        // Drawn by a generator, so that no token stands here.
        let mut state = 88_172_645_463_325_252_u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        let mut draw = |alphabet: &[u8], length: usize| -> Vec<u8> {
            (0..length).map(|_| alphabet[next() as usize % alphabet.len()]).collect()
        };
        let alphanumeric: Vec<u8> = (b'0'..=b'9').chain(b'a'..=b'z').chain(b'A'..=b'Z').collect();
        for (alphabet, length) in [
            (&b"0123456789abcdef"[..], 32),
            (&alphanumeric, 24),
            (&alphanumeric, 40),
            (b"abcdefghijklmnopqrstuvwxyz234567", 32),
            (b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", 32),
        ] {
            let found = (0..500)
                .filter(|_| is_secret(&draw(alphabet, length), Kind::Secret, Written::Quoted))
                .count();
            assert!(found > 480, "{found} of 500, {length}");
        }
        for name in [
            "application/json",
            "access_token",
            "SECRET_KEY_BASE",
            "my-awesome-service-token",
            "com.example.auth.TokenProvider",
            "kubernetes.io/service-account-token",
            "github-actions-deploy-key",
            "AuthenticationTokenFilter",
            "x-amz-security-token",
            "oauth2_provider_access_token",
            "00000000000000000000000000000000",
        ] {
            assert!(!is_secret(name.as_bytes(), Kind::Secret, Written::Quoted), "{name}");
        }
    }
}
