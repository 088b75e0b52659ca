//! Finds passwords in URLs: `scheme://user:password@host`.

use std::ops::Range;

use super::{name, value};

/// How long a user name or a password in a URL may be, in bytes.
const LONGEST: usize = 256;

/// Passwords that stand for one in documentation.
const EXAMPLES: [&[u8]; 23] = [
    b"admin",
    b"password",
    b"pass",
    b"passwd",
    b"pwd",
    b"pw",
    b"secret",
    b"token",
    b"user",
    b"username",
    b"foo",
    b"bar",
    b"baz",
    b"test",
    b"x",
    b"p",
    b"pass123",
    b"mypass",
    b"mypassword",
    b"credentials",
    b"apikey",
    b"key",
    b"auth",
];

/// Hosts that stand for one.
const HOSTS: [&[u8]; 9] =
    [b"host", b"hostname", b"myhost", b"somehost", b"some-host", b"your-host", b"domain", b"server", b"HOST"];

/// Reads the URL around a `://` that begins at `at`; returns where its password is.
pub(in crate::scan) fn password(text: &[u8], at: usize) -> Option<Range<usize>> {
    let scheme = text[at.saturating_sub(24)..at].iter().rev();
    if scheme.take_while(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(byte)).count() < 2 {
        return None;
    }
    let start = at + 3;
    let rest = &text[start..text.len().min(start + 2 * LONGEST)];
    // The last `@` before what ends an authority ends the user's part.
    let ends = |byte: &u8| byte.is_ascii_whitespace() || b"/\"'`<>\\,;)|".contains(byte) || !byte.is_ascii();
    let authority = &rest[..rest.iter().position(ends).unwrap_or(rest.len())];
    let user = memchr::memrchr(b'@', authority)?;
    let colon = memchr::memchr(b':', &authority[..user])?;
    let (name, secret, host) = (&authority[..colon], &authority[colon + 1..user], &authority[user + 1..]);
    let is_host = host.first().is_some_and(|byte| byte.is_ascii_alphanumeric() || b"[$%{".contains(byte));
    if !is_host || secret.len() < 3 || secret.len() > LONGEST || b"?#".iter().any(|byte| name.contains(byte))
    {
        return None;
    }
    // What stands before `#` and `?` is a host with its port: these end an authority.
    let port = secret.iter().position(|byte| b"?#".contains(byte)).unwrap_or(0);
    if port > 0 && secret[..port].iter().all(u8::is_ascii_digit) {
        return None;
    }
    let lower = secret.to_ascii_lowercase();
    // `host2`: texts number what they make up.
    let number = |text: &[u8]| text.iter().rev().take_while(|byte| byte.is_ascii_digit()).count().min(3);
    let host_name = host.split(|byte| b":/?".contains(byte)).next().unwrap_or_default();
    let host_stem = &host_name[..host_name.len() - number(host_name)];
    let example = EXAMPLES.contains(&lower.as_slice())
        || HOSTS.contains(&host_stem)
        || host.starts_with(b"example.")
        || memchr::memmem::find(host, b".example").is_some();
    let stands = value::stands_for_another(secret)
        || secret.iter().any(|byte| b"{}$<>[]()%*".contains(byte) && !is_escape(secret, *byte));
    // `POSTGRES_PASSWORD`, `api_password`.
    let named = secret.iter().all(|byte| byte.is_ascii_alphabetic() || b"_-".contains(byte))
        && (memchr::memchr2(b'_', b'-', secret).is_some() || secret.iter().all(u8::is_ascii_uppercase))
        && name::judge(secret).is_some();
    (!example && !stands && !named).then(|| start + colon + 1..start + user)
}

/// Says whether all `%` of a text begin an escape: then it is no reference.
fn is_escape(text: &[u8], byte: u8) -> bool {
    let mut places = memchr::memchr_iter(b'%', text);
    byte == b'%'
        && places
            .all(|at| text.get(at + 1..at + 3).is_some_and(|pair| pair.iter().all(u8::is_ascii_hexdigit)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(template: &str) -> Option<String> {
        let text = template.replace("PW", concat!("s3", "cretly"));
        let at = text.find("://").unwrap();
        password(text.as_bytes(), at).map(|range| text[range].to_owned())
    }

    #[test]
    fn the_password_of_a_url_is_found() {
        for url in [
            "postgres://app:PW@db:5432/x",
            "x = \"mongodb+srv://root:PW@c.mongodb.net\"",
            "https://me:PW@github.com/a.git",
            "redis://:PW@h",
        ] {
            assert_eq!(found(url).as_deref(), Some(concat!("s3", "cretly")), "{url}");
        }
    }

    #[test]
    fn examples_references_and_ports_are_let_through() {
        for url in [
            "http://localhost:8080/@x",
            "https://user:password@host",
            "http://u:${PASS}@h",
            "http://u:<pw>@h",
            "https://a:PW@example.com",
            "http://host/a:b@c",
            "ssh://git@host",
            "https://u:%s@h",
            "http://u:{pw}@h",
            "see :// a:b@c",
            "https://a:PW@host2:80/x",
            "postgres://POSTGRES_USER:POSTGRES_PASSWORD@db/x",
            "http://api_user:api_password@localhost",
            "http://admin:admin@localhost",
            "http://search.test:80#@www.other.test/",
            "http://search.test:80?@www.other.test/",
        ] {
            assert_eq!(found(url), None, "{url}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(before in ".{0,8}", after in "[a-z:@/% \"\u{e9}]{0,24}") {
            let text = format!("{before}://{after}");
            let range = password(text.as_bytes(), before.len());
            prop_assert!(range.is_none_or(|range| range.end <= text.len()));
        }
    }
}
