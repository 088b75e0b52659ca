//! Draws secrets: passwords as people choose them, keys as programs make them, and the blocks that hold them.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::encoded::encoded_secret;
use super::random::Random;
use super::vendors::{alphabet, draw, token};
use super::vocabulary::{ACCOUNTS, COMPANIES, NAMES, WALKS, WORDS};

/// What may stand in a password without being special to a shell, a URL, XML or YAML.
const PLAIN_MARKS: &str = "._-";
/// What a generator of passwords adds inside quotes.
const MARKS: &str = "!@#%^*+=?.-_";
/// What `django-admin startproject` draws its key from.
const DJANGO: &str = "abcdefghijklmnopqrstuvwxyz0123456789!@#$%^&*(-_=+)";

/// Draws a secret of a kind; `None` when there is no such kind.
pub(crate) fn secret(kind: &str, random: &mut Random) -> Option<String> {
    if let Some(vendor) = kind.strip_prefix("token:") {
        return token(vendor, random);
    }
    if let Some(what) = kind.strip_prefix("pem-") {
        return pem(what, random);
    }
    if kind.contains(':') {
        return encoded_secret(kind, random);
    }
    Some(match kind {
        "password-weak" => weak(random),
        "password-plain" => plain(random),
        "password-strong" => strong(random),
        "password-word" => random.pick(WORDS).to_owned(),
        "passphrase" => {
            let words: Vec<_> = (0..random.between(3, 5)).map(|_| random.pick(WORDS)).collect();
            words.join(random.pick(&["-", " ", "_"]))
        }
        "url-password" => url_password(random),
        "url-userinfo" => format!("{}:{}", random.pick(ACCOUNTS), url_password(random)),
        "basic" => STANDARD.encode(format!("{}:{}", random.pick(ACCOUNTS), weak(random))),
        "base64-password" => {
            let password = if random.below(2) == 0 { weak(random) } else { strong(random) };
            STANDARD.encode(password)
        }
        "base64-token" => STANDARD.encode(draw("{h:40}", random)),
        "base64-24" => STANDARD.encode(random.bytes(16)),
        "base64-44" => STANDARD.encode(random.bytes(32)),
        "base64-88" => STANDARD.encode(random.bytes(64)),
        "base64url-22" => URL_SAFE_NO_PAD.encode(random.bytes(16)),
        "base64url-43" => URL_SAFE_NO_PAD.encode(random.bytes(32)),
        "django-key" => random.text(DJANGO, 50),
        "byte-escapes" => random.bytes(24).iter().map(|byte| format!("\\x{byte:02x}")).collect(),
        "byte-list" => {
            let bytes: Vec<_> = random.bytes(16).iter().map(|byte| format!("0x{byte:02x}")).collect();
            bytes.join(", ")
        }
        "uuid-secret" => uuid(random),
        "jwt" => jwt(random),
        "totp-seed" => random.text(alphabet("w"), 32),
        "wpa" => format!("{}{}", random.pick(WORDS), random.pick(WORDS)) + &random.text("0123456789", 2),
        _ => return sized(kind, random),
    })
}

/// `hex32`, `upperhex32`, `alnum24`, `lower20`: an alphabet and a length.
fn sized(kind: &str, random: &mut Random) -> Option<String> {
    let digits = kind.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let length: usize = digits.parse().ok()?;
    let letter = match kind.strip_suffix(digits)? {
        "hex" | "upperhex" => "h",
        "alnum" => "A",
        "lower" => "a",
        "upper" => "U",
        _ => return None,
    };
    // A key without a digit or without a letter would be a rare one.
    let value = loop {
        let value = random.text(alphabet(letter), length);
        if value.contains(|c: char| c.is_ascii_digit()) && value.contains(|c: char| c.is_ascii_alphabetic()) {
            break value;
        }
    };
    Some(if kind.starts_with("upperhex") { value.to_uppercase() } else { value })
}

fn capital(word: &str) -> String {
    word[..1].to_uppercase() + &word[1..]
}

/// A password as a person chooses it: a word or a name, and what the policy asked for.
fn weak(random: &mut Random) -> String {
    let word = random.pick(WORDS);
    let year = random.between(1975, 2025);
    let number = random.between(1, 9999);
    let mark = random.pick(&["!", "#", "@", "_", "*", "-"]);
    match random.below(10) {
        0 => format!("{}{year}", capital(word)),
        1 => format!("{word}{mark}{number}"),
        2 => leet(word) + &number.to_string(),
        3 => format!("{}{}{}", capital(word), capital(random.pick(WORDS)), random.below(10)),
        4 => format!("{}{year}{mark}", capital(random.pick(NAMES))),
        5 => format!("{}{mark}{}", random.pick(WALKS), random.between(1, 99)),
        6 => format!("{}{mark}{year}", capital(random.pick(COMPANIES))),
        7 => format!("{word}{number}"),
        8 => format!("{word}_{}", random.pick(WORDS)),
        _ => format!("{}{}!", leet(&capital(word)), random.between(10, 999)),
    }
}

/// The letters that people write as digits and marks.
fn leet(word: &str) -> String {
    let changed = |c| match c {
        'a' => '@',
        'e' => '3',
        'o' => '0',
        'i' => '1',
        other => other,
    };
    word.chars().map(changed).collect()
}

/// A password from a generator: all four classes of characters, a letter first.
fn strong(random: &mut Random) -> String {
    let all = alphabet("A").to_owned() + MARKS;
    loop {
        let length = random.between(10, 22);
        let value = random.text(&all, length);
        let holds = |class: fn(&char) -> bool| value.chars().any(|c| class(&c));
        if value.starts_with(|c: char| c.is_ascii_alphabetic())
            && holds(char::is_ascii_digit)
            && holds(char::is_ascii_lowercase)
            && holds(char::is_ascii_uppercase)
            && holds(char::is_ascii_punctuation)
        {
            return value;
        }
    }
}

/// A password of a generator that needs no quotes anywhere.
fn plain(random: &mut Random) -> String {
    let length = random.between(7, 15);
    let first = random.text("ABCDEFGHKLMNPRSTUVWXYZabcdefghkmnpqrstuvwxyz", 1);
    let last = random.text("23456789", 1);
    first + &random.text(&(alphabet("A").to_owned() + PLAIN_MARKS), length) + &last
}

/// A password as it stands in a URL: what is special there is percent-encoded.
fn url_password(random: &mut Random) -> String {
    let password = match random.below(3) {
        0 => weak(random),
        1 => plain(random),
        _ => random.text(alphabet("A"), 16),
    };
    password.replace('@', "%40").replace('#', "%23").replace('!', "%21").replace('*', "%2A")
}

pub(crate) fn uuid(random: &mut Random) -> String {
    let variant = random.pick(&["8", "9", "a", "b"]);
    draw("{h:8}-{h:4}-4{h:3}-", random) + variant + &draw("{h:3}-{h:12}", random)
}

fn jwt(random: &mut Random) -> String {
    let (head, length) = match random.below(3) {
        0 => (r#"{"alg":"RS256","typ":"JWT"}"#, 256),
        1 => (r#"{"typ":"JWT","alg":"HS512"}"#, 64),
        _ => (r#"{"alg":"HS256","typ":"JWT"}"#, 32),
    };
    let issued = random.between(1_600_000_000, 1_750_000_000);
    let (who, company) = (random.pick(NAMES), random.pick(COMPANIES));
    let body = format!(r#"{{"sub":"{}","iss":"{company}","name":"{who}","iat":{issued}}}"#, uuid(random));
    let parts = [head.as_bytes(), body.as_bytes(), &random.bytes(length)];
    parts.map(|part| URL_SAFE_NO_PAD.encode(part)).join(".")
}

/// A private key in its armour; `escaped-…` on one line, with `\n` for line ends.
fn pem(what: &str, random: &mut Random) -> Option<String> {
    if let Some(what) = what.strip_prefix("escaped-") {
        return Some(pem(what, random)?.replace('\n', "\\n") + "\\n");
    }
    // The first bytes are the same in every key of a kind; the rest is noise, so that no key here opens anything.
    let (label, start, length): (&str, &[u8], usize) = match what {
        "rsa" => ("RSA PRIVATE KEY", b"\x30\x82\x04\xa4\x02\x01\x00\x02\x82\x01\x01\x00", 1180),
        "pkcs8" => (
            "PRIVATE KEY",
            b"\x30\x82\x04\xbd\x02\x01\x00\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00\x04\x82\x04\xa7",
            1191,
        ),
        "ec" => ("EC PRIVATE KEY", b"\x30\x77\x02\x01\x01\x04\x20", 114),
        "openssh" => ("OPENSSH PRIVATE KEY", b"openssh-key-v1\0\0\0\0\x04none\0\0\0\x04none", 230),
        "dsa" => ("DSA PRIVATE KEY", b"\x30\x82\x01\xbb\x02\x01\x00", 440),
        _ => return None,
    };
    Some(armour(label, start, length, random))
}

/// Noise of a length after a fixed start, in lines of 64 between the two lines that name it.
pub(crate) fn armour(label: &str, start: &[u8], length: usize, random: &mut Random) -> String {
    let dashes = "-".repeat(5);
    let body = STANDARD.encode([start, &random.bytes(length)].concat());
    let lines: Vec<_> = body.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
    format!("{dashes}BEGIN {label}{dashes}\n{}\n{dashes}END {label}{dashes}", lines.join("\n"))
}
