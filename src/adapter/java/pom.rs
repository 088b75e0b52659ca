//! A `pom.xml`: what it says itself, with its own properties put in.
//!
//! A document type declaration is refused (an entity can grow without bound), and so is a POM of absurd size.
//! What a parent outside the repository says is not known here, and not guessed.

use std::collections::BTreeMap;

use super::super::text_file::{Reading, Remark, TextFile, no_text, read_bytes};
use super::super::{Error, Fact};
use super::jdk;
use super::pom_contents::{Contents, Text, parse};
use crate::git::View;
use crate::model::{FileMode, Finding, RepoPath, Severity, Span};

/// The rule that a POM which cannot be read breaks.
const RULE: &str = "java/manifest";

/// An interpolated value longer than this is a trick, not a value.
const VALUE_LIMIT: usize = 1024;

/// A POM that parsed.
#[derive(Debug, Clone)]
pub(super) struct Pom {
    /// Its text.
    pub(super) file: TextFile,
    /// Whether the file is UTF-8, so that an edit of the text is an edit of the file.
    pub(super) is_utf8: bool,
    /// Whether it has a parent.
    pub(super) has_parent: bool,
    /// Its modules; those of profiles are marked, for they may be absent.
    pub(super) modules: Vec<(Text, bool)>,
    values: BTreeMap<String, Text>,
}

/// The Java release a project compiles for.
#[derive(Debug, Clone)]
pub(super) struct Level {
    /// The release.
    pub(super) release: u32,
    /// Whether the compiler's `--release` is used, which Java 8 does not know.
    pub(super) by_flag: bool,
    /// Where it is said.
    pub(super) fact: Fact<String>,
}

impl Pom {
    /// Reads and parses the POM at `path`.
    ///
    /// # Errors
    /// When the object cannot be read.
    pub(super) fn read(view: &View<'_>, path: &RepoPath) -> Result<Reading<Self>, Error> {
        Ok(match read_bytes(view, path, RULE)? {
            Reading::Absent => Reading::Absent,
            Reading::Refused(finding) => Reading::Refused(finding),
            Reading::Read((mode, content)) => Self::decode(path, mode, content),
        })
    }

    /// Decodes and parses: UTF-8, or Latin-1 where the declaration says so.
    fn decode(path: &RepoPath, mode: FileMode, content: Vec<u8>) -> Reading<Self> {
        let (text, is_utf8) = match String::from_utf8(content) {
            Ok(text) => (text, true),
            Err(error) if is_latin1(error.as_bytes()) => {
                (error.as_bytes().iter().map(|byte| char::from(*byte)).collect(), false)
            }
            Err(error) => return Reading::Refused(no_text(path, RULE, &error)),
        };
        let file = TextFile { path: path.clone(), mode, text };
        let contents = match parse(&file.text) {
            Ok(document) => Contents::of(&document),
            Err(error) => return Reading::Refused(malformed(&file, &error)),
        };
        let Some(Contents { values, modules }) = contents else { return Reading::Refused(no_project(&file)) };
        let has_parent = values.keys().any(|key| key.starts_with("project.parent."));
        Reading::Read(Self { file, is_utf8, has_parent, modules, values })
    }

    /// Returns a value with its properties put in; `None` if it is absent, empty, or needs something from outside.
    pub(super) fn value(&self, key: &str) -> Option<Text> {
        let text = self.values.get(key)?;
        let value = self.interpolate(&text.value, 0)?;
        (!value.is_empty()).then_some(Text { value, at: text.at })
    }

    /// Says whether the POM writes the element at all.
    pub(super) fn says(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }

    /// Returns a value as a fact.
    pub(super) fn fact(&self, key: &str) -> Option<Fact<String>> {
        let text = self.value(key)?;
        let name = ["project.", "compiler."].iter().find_map(|own| key.strip_prefix(own)).unwrap_or(key);
        let evidence = self.file.evidence(text.at, format!("<{name}> {}", text.value));
        Some(Fact::new(text.value, evidence))
    }

    /// Returns the release that the compiler is told, by plugin configuration first, then by properties.
    pub(super) fn level(&self) -> Option<Level> {
        const PLACES: [(&str, bool); 6] = [
            ("compiler.release", true),
            ("maven.compiler.release", true),
            ("compiler.source", false),
            ("maven.compiler.source", false),
            ("compiler.target", false),
            ("maven.compiler.target", false),
        ];
        let level = |(key, by_flag): (&str, bool)| {
            let mut fact = self.fact(key)?;
            let release = jdk::release(&fact.value)?;
            fact.value = release.to_string();
            Some(Level { release, by_flag, fact })
        };
        // This parent hands `java.version` to the compiler as its release.
        let spring = self
            .value("project.parent.artifactId")
            .is_some_and(|name| name.value == "spring-boot-starter-parent");
        let inherited = || spring.then(|| level(("java.version", true))).flatten();
        PLACES.into_iter().find_map(level).or_else(inherited)
    }

    /// Returns the oldest development kit that the POM's own rules let build it.
    pub(super) fn oldest_kit(&self) -> Option<u32> {
        let range = self.value("enforcer.requireJavaVersion")?.value;
        let lower = range.trim_start_matches(['[', '(']).split([',', ']', ')']).next()?;
        jdk::release(lower.split('.').next().filter(|major| *major != "1").unwrap_or(lower))
    }

    fn interpolate(&self, text: &str, depth: u8) -> Option<String> {
        let mut value = String::new();
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            let end = start + rest[start..].find('}')?;
            let key = &rest[start + 2..end];
            let inner = self.values.get(key).filter(|_| depth < 8)?;
            value.push_str(&rest[..start]);
            value.push_str(&self.interpolate(&inner.value, depth + 1)?);
            rest = &rest[end + 1..];
            if value.len() > VALUE_LIMIT {
                return None;
            }
        }
        value.push_str(rest);
        (value.len() <= VALUE_LIMIT).then_some(value)
    }
}

/// Says whether the XML declaration names Latin-1, in which every byte is a character.
fn is_latin1(content: &[u8]) -> bool {
    let head = String::from_utf8_lossy(&content[..content.len().min(128)]).to_ascii_lowercase();
    let declaration = head.split("?>").next().unwrap_or_default();
    declaration.starts_with("<?xml") && declaration.contains("iso-8859-1")
}

/// Says why the XML cannot be used, and where. (Roxmltree's columns count characters; the line is what helps.)
fn malformed(file: &TextFile, error: &roxmltree::Error) -> Finding {
    let (message, help) = match error {
        roxmltree::Error::DtdDetected => (
            "a document type declaration is not read, because its entities can grow without bound".to_owned(),
            "write the values out, and remove the declaration",
        ),
        roxmltree::Error::NodesLimitReached => (
            "this has more elements than any POM needs, so it was not read".to_owned(),
            "split it into modules",
        ),
        other => {
            (format!("this is no XML, so Maven cannot build it: {other}"), "mend the syntax at this place")
        }
    };
    let at = error.pos();
    let span = match (error, file.text.find("<!DOCTYPE")) {
        // The parser does not say where the declaration stands.
        (roxmltree::Error::DtdDetected, Some(at)) => file.span(&(at..at)),
        _ => Span { line: at.row, column: at.col, length: 0 },
    };
    Remark::gap(RULE, Severity::Warning, message, help).about(&file.path, Some(span))
}

fn no_project(file: &TextFile) -> Finding {
    let message = "the root element is no `<project>`, so Maven cannot build it";
    file.finding(Remark::gap(RULE, Severity::Warning, message, "write a POM here, or rename the file"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode(content: &[u8]) -> Reading<Pom> {
        Pom::decode(&RepoPath::from("pom.xml"), FileMode::Regular, content.to_vec())
    }

    fn pom(inner: &str) -> Pom {
        match decode(format!("<project>\n{inner}\n</project>").as_bytes()) {
            Reading::Read(pom) => pom,
            other => panic!("{other:?}"),
        }
    }

    fn refused(content: &[u8]) -> (String, u32) {
        match decode(content) {
            Reading::Refused(finding) => (finding.message, finding.span.unwrap().line),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn properties_are_put_in_and_circles_end() {
        let pom =
            pom("<properties><a>1${b}</a><b>2${project.artifactId}</b><c>${d}</c><d>${c}</d></properties>\
                       <artifactId>x</artifactId><version>${a}</version><url>${c}</url>");
        assert_eq!(pom.value("project.version").unwrap().value, "12x");
        assert_eq!(pom.value("project.url"), None);
        assert_eq!(pom.value("c"), None);
    }

    #[test]
    fn a_value_that_grows_without_bound_is_no_value() {
        let doubled: String =
            (0..7).map(|n| format!("<p{n}>{}</p{n}>", format!("${{p{}}}", n + 1).repeat(16))).collect();
        let pom = pom(&format!("<properties>{doubled}<p7>x</p7></properties><version>${{p0}}</version>"));
        assert_eq!(pom.value("project.version"), None);
    }

    #[test]
    fn an_entity_bomb_is_refused_before_it_goes_off() {
        let bomb = b"<?xml version='1.0'?>\n<!DOCTYPE p [<!ENTITY a 'x'><!ENTITY b '&a;&a;'>]>\n<project>&b;</project>";
        let (message, line) = refused(bomb);
        assert!(message.contains("document type declaration"), "{message}");
        assert_eq!(line, 2);
    }

    #[test]
    fn broken_xml_is_refused_with_its_line() {
        assert_eq!(refused(b"<project>\n  <version>1</versio>\n</project>").1, 2);
        assert_eq!(refused(b"<?xml version='1.0' encoding='UTF-8'?>\n<project>\xff</project>").1, 2);
    }

    #[test]
    fn deep_nesting_needs_no_deep_stack() {
        let deep = format!("<project>{}{}</project>", "<a>".repeat(90_000), "</a>".repeat(90_000));
        assert!(matches!(decode(deep.as_bytes()), Reading::Read(_)));
    }

    #[test]
    fn latin_1_is_read_where_it_is_declared() {
        let content =
            b"<?xml version='1.0' encoding='ISO-8859-1'?><project><artifactId>\xe9</artifactId></project>";
        let Reading::Read(pom) = decode(content) else { panic!("this is declared Latin-1") };
        assert_eq!(pom.value("project.artifactId").unwrap().value, "\u{e9}");
        assert!(!pom.is_utf8);
    }

    #[test]
    fn the_plugin_is_asked_before_the_properties() {
        let level = |inner: &str| pom(inner).level().map(|level| (level.release, level.by_flag));
        let plugin = "<build><plugins><plugin><artifactId>maven-compiler-plugin</artifactId>\
                      <configuration><release>${r}</release></configuration></plugin></plugins></build>";
        let properties =
            "<properties><r>17</r><maven.compiler.source>1.8</maven.compiler.source></properties>";
        assert_eq!(level(&format!("{properties}{plugin}")), Some((17, true)));
        assert_eq!(level(properties), Some((8, false)));
        assert_eq!(level("<properties><java.version>21</java.version></properties>"), None);
        let spring = "<parent><artifactId>spring-boot-starter-parent</artifactId></parent>";
        assert_eq!(
            level(&format!("{spring}<properties><java.version>21</java.version></properties>")),
            Some((21, true))
        );
    }

    proptest! {
        #[test]
        fn no_bytes_panic(content in any::<Vec<u8>>(), text in "(<|</|>|project|version|properties|\\$\\{a\\}|a| ){0,40}") {
            for content in [content, text.into_bytes()] {
                if let Reading::Read(pom) = decode(&content) {
                    let _level = pom.level();
                }
            }
        }
    }
}
