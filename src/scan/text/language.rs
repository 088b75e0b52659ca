//! What kind of text a path promises: whether values stand between quotes, and whether people are spoken to.

/// How values are written in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::scan) enum Language {
    /// Between quotes; what is not is a name or an expression.
    Code,
    /// As they are, or between quotes.
    Config,
    /// As in code or configuration, among sentences.
    Prose,
    /// Names with texts that a person reads, or digests that a tool wrote: no value is secret because of its name.
    Listing,
}

const CODE: [&str; 50] = [
    "as", "bal", "c", "cc", "clj", "coffee", "cpp", "cs", "cshtml", "cxx", "dart", "ex", "exs", "fs", "go",
    "groovy", "gradle", "h", "hpp", "hs", "ipynb", "java", "jl", "js", "json", "jsp", "jsx", "kt", "kts",
    "lua", "m", "mjs", "mm", "php", "pl", "pm", "proto", "ps1", "py", "r", "rb", "rs", "scala", "swift",
    "tf", "toml", "ts", "tsx", "vb", "vue",
];
const PROSE: [&str; 9] = ["adoc", "htm", "html", "log", "markdown", "md", "mdx", "rst", "txt"];
const LISTINGS: [&str; 10] = ["css", "lock", "map", "po", "pot", "resx", "scss", "strings", "sum", "svg"];
const LISTING_NAMES: [&str; 6] =
    ["package-lock.json", "pnpm-lock.yaml", "npm-shrinkwrap.json", "yarn.lock", "go.sum", "composer.lock"];
const LISTING_FOLDERS: [&str; 8] =
    ["i18n", "l10n", "lang", "langs", "locale", "locales", "translation", "translations"];

/// Judges a path.
pub(in crate::scan) fn of(path: &[u8]) -> Language {
    let path = String::from_utf8_lossy(path).to_ascii_lowercase();
    let mut parts = path.rsplit('/');
    let name = parts.next().unwrap_or_default();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    if LISTING_NAMES.contains(&name)
        || LISTINGS.contains(&extension)
        || parts.any(|part| LISTING_FOLDERS.contains(&part))
    {
        return Language::Listing;
    }
    if CODE.contains(&extension) {
        return Language::Code;
    }
    if PROSE.contains(&extension) { Language::Prose } else { Language::Config }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_tells_how_values_are_written() {
        for (path, language) in [
            ("src/a.py", Language::Code),
            ("A.JAVA", Language::Code),
            ("config/app.yml", Language::Config),
            (".env", Language::Config),
            ("Dockerfile", Language::Config),
            ("README.md", Language::Prose),
            ("web/package-lock.json", Language::Listing),
            ("locales/de.json", Language::Listing),
        ] {
            assert_eq!(of(path.as_bytes()), language, "{path}");
        }
    }
}
