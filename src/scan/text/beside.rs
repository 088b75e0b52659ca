//! Finds passwords that no name promises: beside a user in a command or a call, and where SQL makes a user.
//!
//! Only a value that can hardly be anything else is taken for one: letters and digits, no place, no version.

use std::ops::Range;

use super::name::Kind;
use super::value;

/// How far from a user its password may stand, in bytes.
const FAR: usize = 160;

/// Reads what follows `-u` or `--user` at `word`: `-u name:password` of curl, `-u name -p password` of others.
pub(in crate::scan) fn command(text: &[u8], word: &Range<usize>) -> Option<Range<usize>> {
    let begins = word.start.checked_sub(1).is_none_or(|at| b" \t\"'\n".contains(&text[at]));
    let from = if text[word.clone()].starts_with(b"--") { word.end } else { word.start + 2 };
    let from = from + usize::from(text.get(from) == Some(&b'='));
    // `--username` and its like take no password.
    if !begins
        || !text.get(from - 1..=from).is_some_and(|ends| ends.iter().any(|byte| b"= \"'".contains(byte)))
    {
        return None;
    }
    let line = line_from(text, from);
    let user = argument(text, &line, line.start)?;
    if let Some(colon) = memchr::memchr(b':', &text[user.clone()]) {
        let password = user.start + colon + 1..user.end;
        return value::is_plainly_password(&text[password.clone()]).then_some(password);
    }
    // The password's flag comes next, or nearly so; it may be joined to its value.
    let rest = &text[user.end..line.end];
    let flag = memchr::memmem::find_iter(rest, b"-p").find(|at| {
        at.checked_sub(1).is_some_and(|before| b" \t\"',".contains(&rest[before]))
            && !rest[at + 2..].starts_with(b"ort")
    })?;
    let password = argument(text, &line, user.end + flag + 2)?;
    value::is_plainly_password(&text[password.clone()]).then_some(password)
}

/// Reads the arguments of a call that takes a user and a password: the last two of its first four that stand between quotes
/// side by side.
pub(in crate::scan) fn call(text: &[u8], word: &Range<usize>) -> Option<Range<usize>> {
    let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_:".contains(byte);
    let name = text[word.end..].iter().take(24).take_while(is_part).count();
    let open = word.end + name;
    if text.get(open) != Some(&b'(') {
        return None;
    }
    let end = text.len().min(open + FAR);
    let (mut at, mut before, mut found) = (open + 1, false, None);
    for _ in 0..4 {
        while at < end && b" \t@".contains(&text[at]) {
            at += 1;
        }
        let quote = *text.get(at).filter(|byte| at < end && b"\"'".contains(byte)).unwrap_or(&0);
        if quote == 0 {
            before = false;
            at += memchr::memchr3(b',', b')', b'\n', &text[at..end])?;
        } else {
            let length = memchr::memchr2(quote, b'\n', &text[at + 1..end])
                .filter(|length| text[at + 1 + length] == quote)?;
            let argument = at + 1..at + 1 + length;
            if before && value::is_plainly_password(&text[argument.clone()]) {
                found = Some(argument.clone());
            }
            before = true;
            at = argument.end + 1;
            // What is done to an argument: `"x".into()`, `"x" + y`.
            at += text[at..end]
                .iter()
                .take_while(|byte| byte.is_ascii_alphanumeric() || b"._".contains(byte))
                .count();
            at += if text[at..end].starts_with(b"()") { 2 } else { 0 };
        }
        if text.get(at) != Some(&b',') {
            break;
        }
        at += 1;
    }
    found
}

/// Reads what follows `IDENTIFIED` in SQL: `IDENTIFIED BY 'password'`.
pub(in crate::scan) fn identified(text: &[u8], word: &Range<usize>) -> Option<Range<usize>> {
    let line = line_from(text, word.end);
    let rest = &text[line.clone()];
    if let Some(password) = identified_bare(text, &line) {
        return Some(password);
    }
    let open = memchr::memchr2(b'\'', b'"', rest)?;
    let by = rest[..open].trim_ascii().to_ascii_lowercase();
    let quote = rest[open];
    let length = memchr::memchr(quote, &rest[open + 1..])?;
    let password = line.start + open + 1..line.start + open + 1 + length;
    let plain = (by == b"by" || by.starts_with(b"with") && by.ends_with(b"by"))
        && !value::stands_for_another_or_nothing(&text[password.clone()])
        && length >= 4
        && !value::is_joined(&text[password.clone()])
        && !text[password.clone()].eq_ignore_ascii_case(b"password");
    plain.then_some(password)
}

/// Reads a password without quotes, as Oracle has it: `IDENTIFIED BY password`.
fn identified_bare(text: &[u8], line: &Range<usize>) -> Option<Range<usize>> {
    let rest = &text[line.clone()];
    let by = rest.len() - rest.trim_ascii_start().len();
    if by == 0 || !rest[by..].get(..3)?.eq_ignore_ascii_case(b"by ") {
        return None;
    }
    let start = line.start + by + 3;
    let ends = |byte: &u8| byte.is_ascii_whitespace() || b";,\"'`)".contains(byte);
    let length = text[start..line.end].iter().take_while(|byte| !ends(byte)).count();
    let password = start..start + length;
    let inner = &text[password.clone()];
    (inner.iter().any(u8::is_ascii_digit) && value::is_secret_value(inner, Kind::Password))
        .then_some(password)
}

/// Returns the rest of a line from a place, as far as is looked at.
fn line_from(text: &[u8], at: usize) -> Range<usize> {
    let end = text.len().min(at + FAR);
    at..at + memchr::memchr(b'\n', &text[at..end]).unwrap_or(end - at)
}

/// Reads the argument of a command at a place: between quotes, or up to a space.
fn argument(text: &[u8], line: &Range<usize>, from: usize) -> Option<Range<usize>> {
    let skipped = text[from..line.end].iter().take_while(|byte| b" \t\"',".contains(byte)).count();
    let start = from + skipped;
    let quoted = skipped > 0 && b"\"'".contains(&text[start - 1]);
    let ends = |byte: &u8| {
        if quoted { b"\"'".contains(byte) } else { byte.is_ascii_whitespace() || b"\"'".contains(byte) }
    };
    let length = text[start..line.end].iter().take_while(|byte| !ends(byte)).count();
    (length > 0).then(|| start..start + length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Put together, so that none stands here.
    const SECRET: &str = concat!("Wint", "er2Zq7");

    fn found(
        read: fn(&[u8], &Range<usize>) -> Option<Range<usize>>,
        word: &str,
        template: &str,
    ) -> Option<String> {
        let text = template.replace('@', SECRET);
        let at = text.find(word)?;
        read(text.as_bytes(), &(at..at + word.len())).map(|range| text[range].to_owned())
    }

    #[test]
    fn the_password_of_a_command_stands_beside_its_user() {
        for line in [
            "curl -u admin:@ https://h",
            "mysql -u root -p@ db",
            "docker login -u me -p @ host",
            "[\"mysql\", \"-u\", \"root\", \"-p@\"]",
        ] {
            assert_eq!(found(command, "-u", line).as_deref(), Some(SECRET), "{line}");
        }
        for line in
            ["curl --user admin:@ https://h", "curl --user \"admin:@\" https://h", "curl --user=admin:@ h"]
        {
            assert_eq!(found(command, "--user", line).as_deref(), Some(SECRET), "{line}");
        }
        for line in
            ["tool --username admin:@", "docker run --user 1000:1000 app", "pip install --user wheel2.txt"]
        {
            assert_eq!(found(command, "--user", line), None, "{line}");
        }
        for line in [
            "mysql -u root -p",
            "curl -u $USER:$PASS h",
            "git push -u origin main",
            "docker run -u 1000:1000 -p 8080:80",
            "sort -u -p file1.txt",
            "ssh -u me -port 22222a",
        ] {
            assert_eq!(found(command, "-u", line), None, "{line}");
        }
    }

    #[test]
    fn the_password_of_a_call_stands_beside_a_user() {
        for (word, line) in [
            ("connect", "connect(\"db.internal\", \"app\", \"@\", \"users\")"),
            ("Credential", "new NetworkCredential(\"me\", \"@\")"),
            ("login", "smtp.login('me', '@')"),
            ("Credentials", "Credentials::new(\"me\".to_string(), \"@\".into())"),
        ] {
            assert_eq!(found(call, word, line).as_deref(), Some(SECRET), "{line}");
        }
        for (word, line) in [
            ("connect", "connect(\"click\", \"onButton1\")"),
            ("connect", "connect(host, \"db-01.internal\")"),
            ("login", "login(user, password)"),
            ("login", "login(\"v1.2.3\")"),
        ] {
            assert_eq!(found(call, word, line), None, "{line}");
        }
    }

    #[test]
    fn sql_says_by_what_a_user_is_identified() {
        assert_eq!(
            found(identified, "IDENTIFIED", "CREATE USER 'a' IDENTIFIED BY '@';").as_deref(),
            Some(SECRET)
        );
        let bare = "alter user sys IDENTIFIED BY @ container=all;";
        assert_eq!(found(identified, "IDENTIFIED", bare).as_deref(), Some(SECRET));
        for line in [
            "IDENTIFIED BY new_value;",
            "IDENTIFIED BY ' + new_value1 + '",
            "IDENTIFIED BY 'password'",
            "IDENTIFIED BY ?",
            "is IDENTIFIED as 'x1y2z3'",
            "IDENTIFIED BY '<secret>'",
        ] {
            assert_eq!(found(identified, "IDENTIFIED", line), None, "{line}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(text in "[-u p\"'(,a1@)\n:]{0,40}", at in 0..40_usize) {
            let start = at.min(text.len());
            let word = start..(start + 2).min(text.len());
            for read in [command, call, identified] {
                if word.len() == 2 {
                    let range = read(text.as_bytes(), &word);
                    prop_assert!(range.is_none_or(|range| range.end <= text.len()));
                }
            }
        }
    }
}
