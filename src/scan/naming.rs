//! The naming policy: extensions that are allowed, and no double ones.
//!
//! `docs/gates.md` lists the exceptions; the two tables here are the list.

use crate::config::Naming;
use crate::model::{Finding, Gate, RepoPath, Severity};

/// Outer extensions that wrap, sign, list or template a file of any kind: `dump.sql.gz`, `app.css.map`.
const WRAPPERS: [&str; 44] = [
    "asc", "bak", "br", "bz2", "crc", "default", "diff", "dist", "ejs", "erb", "example", "gpg", "gz", "hbs",
    "in", "j2", "jinja", "jinja2", "license", "liquid", "lock", "lz4", "lzma", "map", "md5", "minisig",
    "mustache", "orig", "patch", "pem", "pub", "sample", "sha1", "sha256", "sha512", "sig", "snap",
    "template", "tera", "tmpl", "tpl", "tt", "xz", "zst",
];

/// Inner words that say what a file is for, not what it is: `a.test.js`, `b.d.ts`, `c.min.css`.
const QUALIFIERS: [&str; 88] = [
    "acceptance",
    "adapters",
    "all",
    "base",
    "bench",
    "browser",
    "build",
    "bundle",
    "ci",
    "cjs",
    "client",
    "common",
    "component",
    "conf",
    "config",
    "controller",
    "core",
    "cy",
    "d",
    "data",
    "debug",
    "default",
    "designer",
    "dev",
    "development",
    "directive",
    "docker",
    "dto",
    "e2e",
    "entity",
    "esm",
    "example",
    "fixture",
    "full",
    "g",
    "gen",
    "generated",
    "global",
    "gradle",
    "guard",
    "helper",
    "i18n",
    "integration",
    "interface",
    "local",
    "main",
    "min",
    "mock",
    "mocks",
    "mod",
    "model",
    "module",
    "node",
    "override",
    "page",
    "paths",
    "pb",
    "pipe",
    "pipeline",
    "policies",
    "pre",
    "prod",
    "production",
    "release",
    "roles",
    "route",
    "schema",
    "server",
    "service",
    "settings",
    "setup",
    "slim",
    "spec",
    "staging",
    "stories",
    "story",
    "stub",
    "style",
    "styles",
    "term",
    "test",
    "tests",
    "types",
    "umd",
    "unit",
    "util",
    "utils",
    "worker",
];

/// Inner language codes: `README.zh-CN.md`, `messages.de.json`.
const LANGUAGES: [&str; 40] = [
    "ar", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr", "he", "hi", "hr",
    "hu", "id", "it", "ja", "ko", "lt", "lv", "nb", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sr",
    "sv", "th", "tr", "uk", "vi", "zh",
];

/// Returns what the policy forbids about the name of the file at `path`.
pub(super) fn check(naming: &Naming, path: &RepoPath, findings: &mut Vec<Finding>) {
    let Ok(name) = std::str::from_utf8(path.file_name()) else {
        return;
    };
    let extensions = extensions(name);
    if let (Some(allowed), Some(last)) = (&naming.allowed_extensions, extensions.last())
        && !allowed.iter().any(|allowed| allowed.trim_start_matches('.').eq_ignore_ascii_case(last))
    {
        findings.push(finding(
            path,
            "naming.extension",
            format!("the extension `.{last}` is not among `naming.allowedExtensions`"),
            "use an allowed extension, or add this one to the policy",
        ));
    }
    if let ([.., inner, outer], true) = (extensions.as_slice(), naming.forbid_double_extensions)
        && is_double(inner, outer)
    {
        findings.push(finding(
            path,
            "naming.double-extension",
            format!("`.{inner}.{outer}` is a double extension: it hides which kind of file this is"),
            "keep one extension; docs/gates.md lists the pairs that are let through",
        ));
    }
}

fn finding(path: &RepoPath, rule: &str, message: String, help: &str) -> Finding {
    Finding {
        path: path.clone(),
        span: None,
        rule: rule.to_owned(),
        gate: Gate::NamingViolation,
        severity: Severity::Error,
        message,
        help: help.to_owned(),
        redacted: None,
        id: None,
        confidence: None,
        why: None,
    }
}

/// Returns the parts after each dot; the leading dot of a dotfile starts none.
fn extensions(name: &str) -> Vec<&str> {
    name.trim_start_matches('.').split('.').skip(1).filter(|part| !part.is_empty()).collect()
}

fn is_double(inner: &str, outer: &str) -> bool {
    let inner = inner.to_ascii_lowercase();
    let outer = outer.to_ascii_lowercase();
    // `v1.2.md`: a number, a long word or one with other marks is part of the name.
    let is_extension = |part: &str| {
        (1..=8).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && part.bytes().any(|byte| byte.is_ascii_alphabetic())
    };
    let language = inner.split(['-', '_']).next().unwrap_or_default();
    is_extension(&inner)
        && is_extension(&outer)
        && !WRAPPERS.contains(&outer.as_str())
        && !QUALIFIERS.contains(&inner.as_str())
        && !LANGUAGES.contains(&language)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(naming: &Naming, path: &str) -> Vec<String> {
        let mut findings = Vec::new();
        check(naming, &path.into(), &mut findings);
        findings.into_iter().map(|finding| finding.rule).collect()
    }

    #[test]
    fn double_extensions_are_found_and_the_known_pairs_let_through() {
        let naming = Naming { forbid_double_extensions: true, allowed_extensions: None };
        for path in ["invoice.pdf.exe", "a/report.md.py", "x.json.js", "A.TXT.SH", ".env.py.js"] {
            assert_eq!(rules(&naming, path), ["naming.double-extension"], "{path}");
        }
        for path in [
            "a.tar.gz",
            "a.d.ts",
            "a.test.js",
            "a.spec.ts",
            "a.min.js",
            "build.gradle.kts",
            "v1.2.md",
            "README.zh-CN.md",
            ".eslintrc.json",
            "docker-compose.override.yml",
            "a.css.map",
            "b.html.erb",
            "plain",
            ".gitignore",
            "a..b",
            "x.",
        ] {
            assert_eq!(rules(&naming, path), [""; 0], "{path}");
        }
    }

    #[test]
    fn only_an_extension_can_be_outside_the_list() {
        let allowed_extensions = Some(vec![".md".to_owned(), ".py".to_owned()]);
        let naming = Naming { forbid_double_extensions: false, allowed_extensions };
        for path in ["a.md", "b/A.PY", "LICENSE", ".gitignore", "Makefile"] {
            assert_eq!(rules(&naming, path), [""; 0], "{path}");
        }
        for path in ["a.rs", "a.md.rb", ".config.toml"] {
            assert_eq!(rules(&naming, path), ["naming.extension"], "{path}");
        }
    }

    #[test]
    fn the_tables_are_sorted_by_no_accident_and_hold_no_word_twice() {
        for table in [&WRAPPERS[..], &QUALIFIERS, &LANGUAGES] {
            let distinct: std::collections::BTreeSet<_> = table.iter().collect();
            assert_eq!(distinct.len(), table.len());
            assert!(table.iter().all(|word| *word == word.to_ascii_lowercase()));
        }
    }
}
