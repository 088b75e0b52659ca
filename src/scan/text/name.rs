//! Tells from the name of a field whether its value is meant to be secret.
//!
//! A name is judged by its words: `dbPassword`, `DB_PASSWORD` and `db.password` have the same. What follows the secret word
//! tells a password from the length of one.

/// What a name says of its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::scan) enum Kind {
    /// People choose it.
    Password,
    /// A machine made it.
    Secret,
}

/// Endings of a word that is a password, also where words before it are not set apart: `dbpassword`.
const PASSWORDS: [&str; 13] = [
    "password",
    "passwd",
    "passphrase",
    "passwort",
    "passcode",
    "passwrd",
    "pswd",
    "pwd",
    "pass",
    "passw",
    "psw",
    "contrasena",
    "psk",
];
/// Words that end in `pass` and are none.
const NO_PASSWORDS: [&str; 12] = [
    "bypass",
    "compass",
    "trespass",
    "surpass",
    "encompass",
    "overpass",
    "underpass",
    "subpass",
    "renderpass",
    "multipass",
    "singlepass",
    "firstpass",
];
/// Words that are a secret by themselves.
const SECRETS: [&str; 13] = [
    "secret",
    "secrets",
    "token",
    "apikey",
    "accesskey",
    "secretkey",
    "privatekey",
    "authkey",
    "authtoken",
    "accesstoken",
    "credential",
    "credentials",
    "apitoken",
];
/// Words that make a password of a `pass` that stands behind them.
const OF_PASSES: [&str; 31] = [
    "admin", "app", "auth", "basic", "cert", "database", "db", "default", "email", "ftp", "http", "key",
    "ldap", "login", "mail", "mongo", "my", "mysql", "pg", "postgres", "proxy", "redis", "root", "smtp",
    "sql", "ssh", "sudo", "test", "the", "user", "wp",
];
/// Words that make a key secret which stands behind them.
const OF_KEYS: [&str; 47] = [
    "access",
    "account",
    "admin",
    "aes",
    "api",
    "app",
    "application",
    "auth",
    "authorization",
    "certificate",
    "client",
    "consumer",
    "cookie",
    "crypt",
    "crypto",
    "db",
    "deploy",
    "des",
    "developer",
    "django",
    "encrypt",
    "encryption",
    "flask",
    "hmac",
    "integration",
    "jwt",
    "license",
    "licence",
    "live",
    "master",
    "merchant",
    "private",
    "rest",
    "rsa",
    "secret",
    "security",
    "server",
    "service",
    "session",
    "shared",
    "sign",
    "signature",
    "signing",
    "ssh",
    "storage",
    "validation",
    "webhook",
];
/// Words that may follow: the value is still the secret.
const AFTER: [&str; 41] = [
    "admin",
    "base",
    "base64",
    "b64",
    "backup",
    "confirm",
    "confirmation",
    "current",
    "data",
    "default",
    "dev",
    "development",
    "env",
    "hex",
    "key",
    "literal",
    "live",
    "local",
    "main",
    "new",
    "old",
    "plain",
    "plaintext",
    "prod",
    "production",
    "raw",
    "root",
    "sandbox",
    "staging",
    "stg",
    "str",
    "string",
    "test",
    "testing",
    "text",
    "tmp",
    "user",
    "val",
    "value",
    "2",
    "s",
];
/// Words before it that tell that it is meant for everybody, or is no such thing.
const PUBLIC: [&str; 24] = [
    "public",
    "publishable",
    "pub",
    "csrf",
    "xsrf",
    "primary",
    "foreign",
    "cache",
    "sort",
    "partition",
    "page",
    "next",
    "continuation",
    "cancellation",
    "cancel",
    "syntax",
    "no",
    "has",
    "is",
    "generate",
    "encode",
    "forgot",
    "forgotten",
    "reset",
];

/// Judges a name; `None` when its value is nothing secret, as far as the name tells.
pub(super) fn judge(name: &[u8]) -> Option<Kind> {
    let words = words(name);
    if words.iter().any(|word| PUBLIC.contains(&word.as_str())) {
        return None;
    }
    for end in (1..=words.len()).rev() {
        // `secret_key` ends in a word that may follow, and is one itself.
        // `user.signingkey` of git names a key.
        if words[end - 1] == "signingkey" {
            return None;
        }
        if let Some(kind) = secret_at(&words[..end]) {
            // What is kept of a password instead of it.
            let hashed = ["sha", "hashed", "phpass"];
            let is_hash = words.iter().any(|word| hashed.contains(&word.as_str()));
            return (kind == Kind::Secret || !is_hash).then_some(kind);
        }
        if !is_after(&words[end - 1]) {
            return None;
        }
    }
    None
}

fn is_after(word: &str) -> bool {
    AFTER.contains(&word) || word.bytes().all(|byte| byte.is_ascii_digit())
}

/// Says what the last word is, with the one before it.
fn secret_at(words: &[String]) -> Option<Kind> {
    let (last, before) = words.split_last()?;
    let before = before.last().map_or("", String::as_str);
    if last == "pw"
        || PASSWORDS.iter().any(|word| last.ends_with(word)) && !NO_PASSWORDS.contains(&last.as_str())
    {
        // `render_pass` and `first pass` are steps.
        let step = last == "pass" && !before.is_empty() && !OF_PASSES.contains(&before);
        return (!step).then_some(Kind::Password);
    }
    if last == "jsonwebtoken" {
        return None;
    }
    if SECRETS.contains(&last.as_str())
        || ["secret", "token", "apikey"].iter().any(|word| last.ends_with(word))
    {
        return Some(Kind::Secret);
    }
    let key = last == "key" || last == "keys";
    if key && OF_KEYS.contains(&before)
        || ["auth", "cred", "creds", "salt", "authorization", "verifier"].contains(&last.as_str())
    {
        return Some(Kind::Secret);
    }
    last.strip_suffix("key").filter(|before| OF_KEYS.contains(before)).map(|_| Kind::Secret)
}

/// Cuts a name into its words, in lower case.
fn words(name: &[u8]) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for (at, byte) in name.iter().enumerate() {
        let (before, after) = (at.checked_sub(1).map(|at| name[at]), name.get(at + 1));
        let begins = byte.is_ascii_uppercase()
            && before.is_some_and(|before| {
                before.is_ascii_lowercase()
                    || before.is_ascii_digit()
                    || before.is_ascii_uppercase() && after.is_some_and(u8::is_ascii_lowercase)
            })
            || byte.is_ascii_digit() && before.is_some_and(|before| before.is_ascii_alphabetic());
        if (begins || !byte.is_ascii_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if byte.is_ascii_alphanumeric() {
            word.push(char::from(byte.to_ascii_lowercase()));
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_passwords_and_secrets_are_known_in_every_spelling() {
        for name in [
            "password",
            "DB_PASSWORD",
            "dbPassword",
            "spring.datasource.password",
            "userpwd",
            "MYSQL_ROOT_PASSWORD",
            "passwd",
            "sshPass",
            "smtp_pass",
            "password2",
            "passwordValue",
            "rootPw",
            "PGPASSWORD",
            "keystorePassphrase",
        ] {
            assert_eq!(judge(name.as_bytes()), Some(Kind::Password), "{name}");
        }
        for name in [
            "api_key",
            "apiKey",
            "APIKEY",
            "client_secret",
            "clientSecret",
            "SECRET_KEY",
            "secret",
            "access_token",
            "aws_secret_access_key",
            "privateKey",
            "x-api-key",
            "auth_token",
            "encryptionKey",
            "jwtSecret",
            "STRIPE_SECRET_KEY",
            "consumer_key",
            "SecretKeyBase64",
            "oauth_verifier",
            "cookieValidationKey",
            "githubToken",
        ] {
            assert_eq!(judge(name.as_bytes()), Some(Kind::Secret), "{name}");
        }
    }

    #[test]
    fn what_only_speaks_of_a_secret_is_none() {
        for name in [
            "password_length",
            "passwordField",
            "token_type",
            "tokenizer",
            "secretName",
            "key",
            "keyboard",
            "primary_key",
            "public_key",
            "csrf_token",
            "bypass",
            "renderPass",
            "passed",
            "password_reset_url",
            "tokens",
            "author",
            "max_tokens",
            "sort_key",
            "next_page_token",
            "passwordHash",
            "keyId",
            "monkey",
            "x",
            "hasPassword",
            "generateSecret",
            "DB_SHA256_PASSWORD",
        ] {
            assert_eq!(judge(name.as_bytes()), None, "{name}");
        }
    }
}
