//! Reads assignments around a word: a name, what ties a value to it, and the value.
//!
//! One reader for all languages: names with their ends (`"key"]`, `--flag`, `<tag>`), operators, and values between quotes
//! or as they are. Whatever is not understood is no assignment; nothing is read beyond a few hundred bytes.

use std::ops::Range;

use super::language::Language;
use super::name::{self, Kind};
use super::value::{self, Written};

/// What an assignment gives to a name that is meant to be secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::scan) struct Assigned {
    pub(in crate::scan) kind: Kind,
    pub(in crate::scan) value: Range<usize>,
}

/// How long a name may be to either side of the word, in bytes.
const NAME: usize = 80;
/// How long a value may be.
const VALUE: usize = 4096;
/// How many spaces may stand between name, operator and value.
const SPACES: usize = 40;

/// What ties a value to a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tie {
    /// `=`, `:`, `=>` and their like.
    Assigns,
    /// `==`, `!=`.
    Compares,
    /// The next argument, or the value beside a name: only between quotes.
    Argument,
    /// A flag of a command line, or a word of a file of logins.
    Follows,
    /// The text of an element.
    Element,
}

/// Reads the assignment whose name holds the word at `word`; says also where the name ends.
pub(in crate::scan) fn read(
    text: &[u8],
    word: &Range<usize>,
    language: Language,
) -> (Option<Assigned>, usize) {
    let name = name_around(text, word);
    let end = name.end;
    // `!PSK:!aNULL`: what is left out has no value.
    let left_out = name.start.checked_sub(1).is_some_and(|before| text[before] == b'!');
    if left_out || language == Language::Listing {
        return (None, end);
    }
    // A `key` by itself promises nothing: only what can be the key of a cipher alone is taken for one.
    let any_key = text[name.clone()].eq_ignore_ascii_case(b"key");
    let kind = if any_key { Some(Kind::Secret) } else { name::judge(&text[name.clone()]) };
    let Some(kind) = kind else { return (None, end) };
    let found = tie(text, &name).and_then(|(tie, at)| value(text, &name, tie, at, kind, language));
    let found = found.filter(|value| {
        !any_key || is_quote(text[value.start - 1]) && value::is_cipher_key(&text[value.clone()])
    });
    (found.map(|value| Assigned { kind, value }), end)
}

/// Reads what is assigned to a name that is meant to be secret, whatever it is.
pub(in crate::scan) fn read_value(text: &[u8], word: &Range<usize>) -> Option<Assigned> {
    let name = name_around(text, word);
    let kind = name::judge(&text[name.clone()])?;
    let (_, at) = tie(text, &name).filter(|(tie, _)| *tie == Tie::Assigns)?;
    let at = skip_spaces(text, at);
    Some(Assigned { kind, value: quoted(text, at).unwrap_or_else(|| bare(text, at, VALUE)) })
}

fn name_around(text: &[u8], word: &Range<usize>) -> Range<usize> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.".contains(byte);
    let before = text[word.start.saturating_sub(NAME)..word.start]
        .iter()
        .rev()
        .take_while(|byte| is_part(byte))
        .count();
    let after = text[word.end..].iter().take(NAME).take_while(|byte| is_part(byte)).count();
    let (mut start, mut end) = (word.start - before, word.end + after);
    while start < word.start && !text[start].is_ascii_alphanumeric() && text[start] != b'_' {
        start += 1;
    }
    while end > word.end && b"-.".contains(&text[end - 1]) {
        end -= 1;
    }
    start..end
}

fn skip_spaces(text: &[u8], at: usize) -> usize {
    at + text
        .get(at..)
        .unwrap_or_default()
        .iter()
        .take(SPACES)
        .take_while(|byte| matches!(byte, b' ' | b'\t'))
        .count()
}

fn starts(text: &[u8], at: usize, with: &[u8]) -> bool {
    text.get(at..).is_some_and(|rest| rest.starts_with(with))
}

fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`')
}

/// Finds what ties a value to a name, and where the value may begin.
fn tie(text: &[u8], name: &Range<usize>) -> Option<(Tie, usize)> {
    let before = name.start.checked_sub(1).map(|at| text[at]);
    let mut at = name.end;
    if before == Some(b'<') && starts(text, at, b">") {
        return Some((Tie::Element, at + 1));
    }
    if before == Some(b'>') && starts(text, at, b"</") {
        return next_element(text, at).map(|at| (Tie::Element, at));
    }
    while starts(text, at, b"\\") {
        at += 1;
    }
    let quoted = text.get(at).copied().filter(|byte| is_quote(*byte));
    if quoted.is_some() {
        at += 1;
        // `["password"]`, `:password)`.
        while at - name.end < 4 && text.get(at).is_some_and(|byte| matches!(byte, b']' | b')')) {
            at += 1;
        }
    } else if starts(text, at, b"[") {
        let inner = text[at + 1..].iter().take(8).take_while(|byte| byte.is_ascii_digit()).count();
        at = if starts(text, at + 1 + inner, b"]") { at + inner + 2 } else { return None };
    }
    if quoted.is_some() && starts(text, at, b">") {
        // `<property name="password">x</property>`, or the value in an element of its own.
        return Some((Tie::Element, if starts(text, at + 1, b"<value>") { at + 8 } else { at + 1 }));
    }
    let flag = quoted.is_none() && before == Some(b'-');
    let spaced = skip_spaces(text, at);
    if let Some(at) = beside(text, at).filter(|_| quoted.is_some() || !flag) {
        return Some((Tie::Assigns, at));
    }
    let rest = &text[spaced..];
    if let Some(at) = declared(text, spaced).filter(|_| quoted.is_none() && spaced > at) {
        return Some((Tie::Assigns, at));
    }
    for (operator, tie) in [
        (&b"==="[..], Tie::Compares),
        (b"!==", Tie::Compares),
        (b"==", Tie::Compares),
        (b"!=", Tie::Compares),
        (b"=>", Tie::Assigns),
        (b":=", Tie::Assigns),
        (b"+=", Tie::Assigns),
        (b"|| ", Tie::Argument),
        (b"?? ", Tie::Argument),
        (b"or ", Tie::Argument),
        (b"to ", Tie::Argument),
        (b"is ", Tie::Follows),
        (b"?=", Tie::Assigns),
        (b"||=", Tie::Assigns),
        (b"<-", Tie::Assigns),
        (b"::", Tie::Follows),
        (b"=", Tie::Assigns),
        (b":", Tie::Assigns),
    ] {
        if rest.starts_with(operator) {
            // Words between a name and a value are operators behind quotes alone: `"key" to "x"`.
            if operator == b"to " && quoted.is_none() {
                return None;
            }
            return (operator != b"::").then_some((tie, spaced + operator.len()));
        }
    }
    match rest.first() {
        // `:password, "x"`, `{password, "x"}`.
        Some(b',') if quoted.is_some() || matches!(before, Some(b':' | b'{')) => {
            Some((Tie::Argument, spaced + 1))
        }
        Some(b'(') if quoted.is_none() => Some((Tie::Argument, spaced + 1)),
        Some(_) if spaced > at && flag => Some((Tie::Follows, spaced)),
        Some(byte) if spaced > at && quoted.is_none() && is_quote(*byte) && declares(text, name) => {
            Some((Tie::Argument, spaced))
        }
        Some(_) if spaced > at && quoted.is_none() && is_login(text, name) => Some((Tie::Follows, spaced)),
        _ => None,
    }
}

/// Finds the text of the element behind the one that holds a name: `<key>password</key><string>x</string>`.
fn next_element(text: &[u8], at: usize) -> Option<usize> {
    let rest = &text[at..text.len().min(at + 160)];
    let closed = memchr::memchr(b'>', rest)? + 1;
    let opens = closed + rest[closed..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let next = rest.get(opens..).filter(|next| next.starts_with(b"<") && !next.starts_with(b"</"))?;
    Some(at + opens + memchr::memchr(b'>', next)? + 1)
}

/// Finds the value behind a declaration that has words between name and value: `password string = "x"`,
/// `Password As String = "x"`, `Password { get; set; } = "x"`.
fn declared(text: &[u8], at: usize) -> Option<usize> {
    let rest = &text[at..text.len().min(at + 40)];
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b" {;}*&?".contains(byte);
    let length = rest.iter().take_while(|byte| is_part(byte)).count();
    let value = skip_spaces(text, at + length + 1);
    // `select password from users where name = 'x'` declares none.
    let mut words = rest[..length].split(|byte| *byte == b' ');
    if words.any(|word| [&b"from"[..], b"where", b"and"].iter().any(|sql| word.eq_ignore_ascii_case(sql))) {
        return None;
    }
    let assigns = rest.get(length) == Some(&b'=') && text.get(value).is_some_and(|byte| is_quote(*byte));
    (length > 0 && rest[0] != b' ' && assigns).then_some(at + length + 1)
}

/// Finds the `value` that stands beside a name: `name: PASSWORD` and `value: x` in the next line, `name="x" value="y"`.
fn beside(text: &[u8], mut at: usize) -> Option<usize> {
    let from = at;
    if starts(text, at, b",") {
        at += 1;
    }
    at += text[at..].iter().take(2 * SPACES).take_while(|byte| byte.is_ascii_whitespace()).count();
    if text.get(at).is_some_and(|byte| is_quote(*byte)) {
        at += 1;
    }
    let word = text.get(at..at + 5).is_some_and(|word| word.eq_ignore_ascii_case(b"value"));
    if at == from || !word {
        return None;
    }
    at += 5;
    if text.get(at).is_some_and(|byte| is_quote(*byte)) {
        at += 1;
    }
    at = skip_spaces(text, at);
    text.get(at).is_some_and(|byte| matches!(byte, b':' | b'=')).then_some(at + 1)
}

fn line_before<'a>(text: &'a [u8], name: &Range<usize>) -> &'a [u8] {
    let first = name.start.saturating_sub(200);
    let before = &text[first..name.start];
    &before[memchr::memrchr(b'\n', before).map_or(0, |at| at + 1)..]
}

/// Says whether a declaration comes before the name that needs no operator.
fn declares(text: &[u8], name: &Range<usize>) -> bool {
    let line = line_before(text, name).trim_ascii();
    let sql = text[name.clone()].eq_ignore_ascii_case(b"password");
    line.ends_with(b"#define")
        || line.starts_with(b"ENV")
        || line.starts_with(b"ARG")
        || line.eq_ignore_ascii_case(b"set")
        || sql
}

/// Says whether a file of logins or a list of variables is read: `machine h login u password p`, `ENV PASSWORD p`.
fn is_login(text: &[u8], name: &Range<usize>) -> bool {
    let line = line_before(text, name);
    let bare = text[name.clone()].eq_ignore_ascii_case(b"password");
    bare && (memchr::memmem::find(line, b"login ").is_some()
        || memchr::memmem::find(line, b"user ").is_some())
        || line.trim_ascii() == b"ENV"
}

/// Reads and judges the value that begins at `at`.
fn value(
    text: &[u8],
    name: &Range<usize>,
    tie: Tie,
    at: usize,
    kind: Kind,
    language: Language,
) -> Option<Range<usize>> {
    if tie == Tie::Element {
        let end = at + memchr::memchr(b'<', &text[at..text.len().min(at + VALUE)])?;
        let range = trim(text, at..end);
        let inner = &text[range.clone()];
        // What stands in braces is computed.
        let plain = starts(text, end, b"</") && !inner.iter().any(|byte| b"{}()".contains(byte));
        return (plain && value::is_secret(inner, kind, Written::Quoted)).then_some(range);
    }
    let at = skip_spaces(text, at);
    if let Some(range) = quoted(text, at)
        .or_else(|| typed(text, at))
        .or_else(|| wrapped(text, at))
        .or_else(|| fallback(text, at))
    {
        let inner = &text[range.clone()];
        let certain = tie != Tie::Compares || kind == Kind::Password && inner.iter().any(u8::is_ascii_digit);
        // `("user", "password", "message")`: words stand beside each other in lists.
        let listed = tie == Tie::Argument && value::is_words(inner);
        return (certain && !listed && value::is_secret(inner, kind, Written::Quoted)).then_some(range);
    }
    if matches!(tie, Tie::Argument | Tie::Compares) || language == Language::Listing {
        return None;
    }
    let range = bare(text, at, if kind == Kind::Password { 256 } else { VALUE });
    let inner = &text[range.clone()];
    let in_text = name.start.checked_sub(1).is_some_and(|before| b";\"'?&,".contains(&text[before]));
    let tight = text[at - 1] == b'=' && text.get(name.end) == Some(&b'=');
    let digits = inner.iter().any(u8::is_ascii_digit);
    let identifier = inner.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_.".contains(byte));
    if inner.starts_with(b"#") {
        return None;
    }
    let plausible = match language {
        Language::Config => tie != Tie::Follows || digits || !identifier,
        Language::Code => {
            tight && (in_text || digits && (!identifier || is_variable(&text[name.clone()], inner)))
                || (in_text || tight) && value::is_made(inner)
                || tie == Tie::Follows && digits
        }
        Language::Prose => {
            // `mysecretpassword` is what documents say for one.
            let variable = tight && inner.len() >= 8 && is_variable(&text[name.clone()], inner);
            let variable = variable && !value::is_compound(inner);
            digits && (!identifier || inner.len() >= 8) || variable
        }
        Language::Listing => false,
    };
    (plausible && value::is_secret(inner, kind, Written::Bare)).then_some(range)
}

/// Says whether a variable of the environment is given a value, as shells have it, also where code quotes them.
fn is_variable(name: &[u8], value: &[u8]) -> bool {
    let spelled = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_';
    name.iter().all(spelled) && value.iter().any(u8::is_ascii_lowercase) && !value.contains(&b'.')
}

/// Reads a value between quotes, with the letters that may stand before them.
fn quoted(text: &[u8], mut at: usize) -> Option<Range<usize>> {
    let letters = text[at..].iter().take(3).take_while(|byte| b"rRbBuUfFLN@$<".contains(byte)).count();
    let after = at + letters;
    if text.get(after).is_some_and(|byte| is_quote(*byte)) {
        at = after;
    }
    let slashes = text[at..].iter().take(4).take_while(|byte| **byte == b'\\').count();
    let quote = *text.get(at + slashes).filter(|byte| is_quote(**byte))?;
    let triple = slashes == 0 && starts(text, at, &[quote; 3]);
    let start = at + slashes + if triple { 3 } else { 1 };
    let mut end = start;
    while end < text.len() && end - start <= VALUE {
        match text[end] {
            b'\n' if !triple => return None,
            b'\\' if slashes == 0 => end += 1,
            b'\\'
                if text[end..].iter().take_while(|byte| **byte == b'\\').count() == slashes
                    && text.get(end + slashes) == Some(&quote) =>
            {
                return Some(start..end);
            }
            byte if byte == quote && slashes == 0 => return Some(start..end),
            byte if byte == quote => return None,
            _ => {}
        }
        end += 1;
    }
    None
}

/// Reads a value behind a type: `: string = "x"`.
fn typed(text: &[u8], at: usize) -> Option<Range<usize>> {
    let is_type = |byte: &u8| byte.is_ascii_alphanumeric() || b"_<>?&'[]|.: ".contains(byte);
    let length = text[at..].iter().take(48).take_while(|byte| is_type(byte)).count();
    let equals = at + length;
    (length > 0 && starts(text, equals, b"=") && !starts(text, equals, b"==") && !starts(text, equals, b"=>"))
        .then(|| quoted(text, skip_spaces(text, equals + 1)))?
}

/// Calls whose argument is the value itself.
const WRAPPERS: [&[u8]; 22] = [
    b"String::from",
    b"Some",
    b"SecretString::new",
    b"SecretString",
    b"Secret",
    b"Secret::new",
    b"SecureString",
    b"new SecureString",
    b"new String",
    b"String",
    b"str",
    b"bytes",
    b"[]byte",
    b"Buffer.from",
    b"base64.b64decode",
    b"b64decode",
    b"atob",
    b"&",
    b"strings.TrimSpace",
    b"aws.String",
    b"to_string",
    b"Optional.of",
];

/// The command of PowerShell that takes a password in clear.
const SECURED: &[u8] = b"ConvertTo-SecureString";

/// Reads a value within a call that only wraps it.
fn wrapped(text: &[u8], at: usize) -> Option<Range<usize>> {
    let opens = text[at..].iter().take(3).take_while(|byte| b"$( ".contains(byte)).count();
    if starts(text, at + opens, SECURED) {
        let at = skip_spaces(text, at + opens + SECURED.len());
        let flag = if starts(text, at, b"-String") { 7 } else { 0 };
        return quoted(text, skip_spaces(text, at + flag));
    }
    let length = text[at..]
        .iter()
        .take(32)
        .take_while(|byte| byte.is_ascii_alphanumeric() || b"_:.[] &".contains(byte))
        .count();
    let call = text[at..at + length].trim_ascii();
    let open = at + length;
    (starts(text, open, b"(") && WRAPPERS.contains(&call))
        .then(|| quoted(text, skip_spaces(text, open + 1)))?
}

/// Reads what is taken where a variable has no value: `process.env.X || "x"`.
fn fallback(text: &[u8], at: usize) -> Option<Range<usize>> {
    let line = &text[at..text.len().min(at + 120)];
    let line = &line[..memchr::memchr(b'\n', line).unwrap_or(line.len())];
    let operators = [&b"|| "[..], b"?? ", b"?: ", b" or "];
    let found = operators
        .iter()
        .filter_map(|operator| Some(memchr::memmem::find(line, operator)? + operator.len()))
        .min()?;
    let is_variable = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.[]\"'()$ |?:\\".contains(byte);
    line[..found].iter().all(is_variable).then(|| quoted(text, skip_spaces(text, at + found)))?
}

/// Reads a value that ends with the first byte that no such value holds.
fn bare(text: &[u8], at: usize, limit: usize) -> Range<usize> {
    let ends = |byte: &u8| byte.is_ascii_whitespace() || b";,&\"'`<>|\\".contains(byte);
    let length = text[at..].iter().take(limit).take_while(|byte| !ends(byte)).count();
    at..at + length
}

fn trim(text: &[u8], range: Range<usize>) -> Range<usize> {
    let inner = &text[range.clone()];
    let start = inner.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let end = inner[start..].iter().rev().take_while(|byte| byte.is_ascii_whitespace()).count();
    range.start + start..range.end - end
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A password, put together so that none stands here.
    const SECRET: &str = concat!("hunt", "er2", "Zq");

    fn found(template: &str, language: Language) -> Option<String> {
        let text = template.replace('@', SECRET);
        let lower = text.to_ascii_lowercase();
        let words = ["pass", "pwd", "secret", "token", "key"];
        words.iter().find_map(|word| {
            lower.match_indices(word).find_map(|(at, _)| {
                let assigned = read(text.as_bytes(), &(at..at + word.len()), language).0?;
                Some(text[assigned.value].to_owned())
            })
        })
    }

    #[test]
    fn values_are_found_in_many_languages() {
        for line in [
            "password = \"@\"",
            "self.db_password = '@'",
            "const dbPassword: string = \"@\";",
            "let password = String::from(\"@\");",
            "config[\"password\"] = \"@\"",
            "'password' => '@',",
            "{\"password\": \"@\"}",
            "setPassword(\"@\")",
            "put(\"db.password\", \"@\")",
            "define('DB_PASSWORD', '@');",
            "os.environ.get(\"DB_PASSWORD\", \"@\")",
            "process.env.DB_PASSWORD || \"@\"",
            "char password[] = \"@\";",
            "#define WIFI_PASSWORD \"@\"",
            "password := \"@\"",
            "if password == \"@\"",
            "var connection = \"Server=x;Password=@;\"",
            "{\\\"password\\\":\\\"@\\\"}",
            "password=b\"@\"",
            "create_user(password='@')",
            "--password @",
            "<add key=\"DbPassword\" value=\"@\"/>",
            "password = \"\"\"@\"\"\"",
            ":password => \"@\"",
            "$pass = ConvertTo-SecureString '@' -AsPlainText -Force",
            "-Password $(ConvertTo-SecureString -String \"@\" -AsPlainText)",
            "DB_PASSWORD=@ \\",
            "password += '@'",
        ] {
            assert_eq!(found(line, Language::Code).as_deref(), Some(SECRET), "{line}");
        }
    }

    #[test]
    fn values_are_found_as_they_are_where_files_have_them_so() {
        for line in [
            "DB_PASSWORD=@",
            "export DB_PASSWORD=@",
            "spring.datasource.password: @",
            "password = @ # the old one",
            "<password>@</password>",
            "machine h login u password @",
            "- name: DB_PASSWORD\n  value: @",
            "mysql --password=@ db",
            "ENV PASSWORD @",
            "password: '@'",
            "CREATE USER x WITH PASSWORD '@'",
            "\"name\": \"DB_PASSWORD\",\n  \"value\": \"@\"",
        ] {
            assert_eq!(found(line, Language::Config).as_deref(), Some(SECRET), "{line}");
        }
    }

    #[test]
    fn a_key_alone_is_believed_for_what_it_holds() {
        let drawn: String = (0..32_u32)
            .map(|at| char::from_digit((at * at * 7 + at * 3 + at / 5) % 16, 16).unwrap())
            .collect();
        let found = |text: &str| found(text, Language::Code);
        assert_eq!(found(&format!("'key' => '{drawn}'")).as_deref(), Some(drawn.as_str()));
        assert_eq!(found(&format!("'key' => '{}'", &drawn[..20])), None);
        assert_eq!(found(&format!("key={drawn}")), None);
        assert_eq!(found("key = '@'"), None);
    }

    #[test]
    fn documents_show_variables_as_shells_have_them() {
        let word = concat!("correct", "horse");
        let found = |text: &str| found(text, Language::Prose);
        assert_eq!(found(&format!("docker run -e DB_PASSWORD={word} db")).as_deref(), Some(word));
        assert_eq!(found(&format!("the password: {word}")), None);
        assert_eq!(found("DB_PASSWORD=mysecretpassword"), None);
        assert_eq!(found(&format!("DB_PASSWORD={}", word.to_ascii_uppercase())), None);
    }

    #[test]
    fn listings_have_no_secrets_by_name() {
        assert_eq!(found("\"password\": \"@\"", Language::Listing), None);
    }

    #[test]
    fn what_gives_no_secret_is_let_through() {
        for line in [
            "password = getpass()",
            "password = os.environ[\"DB_PASSWORD\"]",
            "password: String,",
            "def login(user, password):",
            "password = other_password",
            "String password = request.getParameter(\"password\");",
            "if (password.length < 8)",
            "<label for=\"password\">",
            "password: ${DB_PASSWORD}",
            "passwordField.text = \"x1y2z3\"",
            "token = parser.next_token()",
            "assert password != \"\"",
            "import { password } from './x1'",
            "select password from users where name = 'x1y2z3'",
            "ciphers = \"HIGH:!PSK:x1y2z3\"",
            "sb.append(\"password=\").append(password).append(\"x1\")",
            "\"parse-passwd\": \"^1.0.12\"",
            "has_password('x1y2z3')",
            "crypto.generateSecret('x1y2z3-CBC-HS512')",
            "DB_SHA256_PASSWORD=x1y2z3a0",
        ] {
            assert_eq!(found(line, Language::Code), None, "{line}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(text in proptest::collection::vec(any::<u8>(), 0..80), at in 0..80_usize, length in 0..6_usize) {
            let start = at.min(text.len());
            let end = (start + length).min(text.len());
            for language in [Language::Code, Language::Config, Language::Prose, Language::Listing] {
                let (assigned, name) = read(&text, &(start..end), language);
                prop_assert!(name >= end && name <= text.len());
                prop_assert!(assigned.is_none_or(|assigned| assigned.value.end <= text.len()));
            }
        }

        #[test]
        fn what_looks_like_an_assignment_is_read_without_a_panic(text in "(password|key|\"|'|\\\\|=|:|>|<| |\n|value|\\(|\\[|a1){1,30}") {
            for (at, _) in text.match_indices("password") {
                prop_assert!(read(text.as_bytes(), &(at..at + 8), Language::Config).1 >= at + 8);
            }
        }
    }
}
