//! Draws what looks like a secret and is none, and knows the words for near misses that a template spells out.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::encoded::encoded_near_miss;
use super::random::Random;
use super::secrets::{armour, uuid};
use super::vendors::{alphabet, draw};
use super::vocabulary::{
    ACCOUNTS, ANGLES, COMPANIES, DEFAULTS, LOREM, NAMES, PLACEHOLDERS, SERVICES, SURNAMES, VARIABLES, WORDS,
};

/// Near misses whose text stands in the template: the mark itself leaves nothing behind.
const SPELLED_OUT: &[&str] = &[
    "boolean",
    "call",
    "comment",
    "css",
    "default",
    "documentation",
    "empty",
    "env-lookup",
    "example-url",
    "expression",
    "field-name",
    "flag-name",
    "header-name",
    "i18n",
    "identifier",
    "import",
    "locale",
    "log-text",
    "minified",
    "number",
    "path",
    "prompt",
    "reference",
    "regex",
    "schema",
    "selector",
    "stand-in",
    "template",
    "test-vector",
    "type",
    "url",
    "validation",
];

/// Draws a near miss of a kind; empty when the template spells it out, `None` when there is no such kind.
pub(crate) fn near_miss(kind: &str, random: &mut Random) -> Option<String> {
    if SPELLED_OUT.contains(&kind) {
        return Some(String::new());
    }
    if kind.contains(':') {
        return encoded_near_miss(kind, random);
    }
    Some(match kind {
        "uuid" => uuid(random),
        "sha1" | "commit" => draw("{h:40}", random),
        "short-commit" => draw("{h:7}", random),
        "md5" => draw("{h:32}", random),
        "sha256" => draw("{h:64}", random),
        "sha512" => draw("{h:128}", random),
        "integrity" => format!("sha512-{}", STANDARD.encode(random.bytes(64))),
        "integrity-sha256" => format!("sha256-{}", STANDARD.encode(random.bytes(32))),
        "integrity-sha384" => format!("sha384-{}", STANDARD.encode(random.bytes(48))),
        "go-sum" => format!("h1:{}", STANDARD.encode(random.bytes(32))),
        "nix-hash" => random.text("0123456789abcdfghijklmnpqrsvwxyz", 52),
        "image-digest" => format!("sha256:{}", draw("{h:64}", random)),
        "fingerprint" => {
            let pairs: Vec<_> = random.bytes(20).iter().map(|byte| format!("{byte:02X}")).collect();
            pairs.join(":")
        }
        "ssh-fingerprint" => format!("SHA256:{}", STANDARD_NO_PAD.encode(random.bytes(32))),
        "ssh-public-key" => {
            let key = b"\0\0\0\x0bssh-ed25519\0\0\0\x20";
            format!("ssh-ed25519 {}", STANDARD.encode([key.as_slice(), &random.bytes(32)].concat()))
        }
        "ssh-rsa-public-key" => {
            let key = b"\0\0\0\x07ssh-rsa\0\0\0\x03\x01\0\x01\0\0\x01\x01\0";
            format!("ssh-rsa {}", STANDARD.encode([key.as_slice(), &random.bytes(256)].concat()))
        }
        "public-key" => {
            let start = b"\x30\x82\x01\x22\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00\x03\x82\x01\x0f\x00";
            armour("PUBLIC KEY", start, 270, random)
        }
        "curve-public-key" => STANDARD.encode(random.bytes(32)),
        "certificate" => {
            armour("CERTIFICATE", b"\x30\x82\x03\x6d\x30\x82\x02\x55\xa0\x03\x02\x01\x02", 870, random)
        }
        "certificate-request" => {
            armour("CERTIFICATE REQUEST", b"\x30\x82\x02\x8a\x30\x82\x01\x72", 650, random)
        }
        "publishable-key" => draw(random.pick(&["pk_live_{A:24}", "pk_test_{A:24}"]), random),
        "site-key" => draw("6L{b:38}", random),
        "analytics-id" => draw(random.pick(&["G-{U:10}", "UA-{d:8}-1", "GTM-{U:7}"]), random),
        "version" => {
            let part = |random: &mut Random| random.below(30);
            format!("{}.{}.{}", part(random), part(random), part(random))
        }
        "color" => draw("#{h:6}", random),
        "build-id" => draw("{d:8}.{d:2}-{h:8}", random),
        "ulid" => draw("01H", random) + &random.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", 23),
        "object-id" => draw("{h:24}", random),
        "trace-id" => draw("00-{h:32}-{h:16}-01", random),
        "request-id" => draw("req_{A:24}", random),
        "account-id" => draw("{d:12}", random),
        "etag" => draw("\"{h:32}\"", random),
        "base64-image" => {
            let length = random.between(120, 420);
            format!("iVBORw0KGgoAAAANSUhEUgAA{}", random.text(alphabet("B"), length))
        }
        "base64-blob" => STANDARD.encode(random.bytes(96)),
        "source-map" => {
            let words: Vec<_> = (0..30).map(|_| random.text("ACEGIKMOQSUWYace", 4)).collect();
            words.join(",")
        }
        "base64-text" => STANDARD.encode(sentence(random)),
        "cursor" => URL_SAFE_NO_PAD.encode(format!("{{\"after\":{}}}", random.between(1000, 99999))),
        "bcrypt" => draw("$2b$12$", random) + &random.text(&(alphabet("A").to_owned() + "./"), 53),
        "pbkdf2" => format!("pbkdf2_sha256$260000${}", draw("{A:12}${B:43}=", random)),
        "vault-cipher" => draw("vault:v1:{B:48}", random),
        "sealed" => draw("AgB{B:180}", random),
        "ansible-vault" => {
            let lines: Vec<_> = (0..5).map(|_| draw("{d:80}", random)).collect();
            format!("$ANSIBLE_VAULT;1.1;AES256\n{}", lines.join("\n"))
        }
        "placeholder" => random.pick(PLACEHOLDERS).to_owned(),
        "placeholder-angle" => random.pick(ANGLES).to_owned(),
        "placeholder-variable" => random.pick(VARIABLES).to_owned(),
        "default-password" => random.pick(DEFAULTS).to_owned(),
        "masked-token" => {
            format!("{}{}", random.pick(&["ghp_", "glpat-", "sk_live_", "AKIA", "xoxb-"]), "x".repeat(36))
        }
        "lorem" => sentence(random),
        _ => return None,
    })
}

fn sentence(random: &mut Random) -> String {
    let words: Vec<_> = (0..random.between(6, 14)).map(|_| random.pick(LOREM)).collect();
    words.join(" ")
}

/// Draws the scenery around: names, hosts, numbers. `None` when there is no such thing.
pub(crate) fn scenery(name: &str, random: &mut Random) -> Option<String> {
    Some(match name {
        "account" => random.pick(ACCOUNTS).to_owned(),
        "name" => random.pick(NAMES).to_owned(),
        "person" => format!("{}.{}", random.pick(NAMES), random.pick(SURNAMES)),
        "email" => format!("{}@{}.io", random.pick(NAMES), random.pick(COMPANIES)),
        "company" => random.pick(COMPANIES).to_owned(),
        "service" => random.pick(SERVICES).to_owned(),
        "Service" => {
            let service = random.pick(SERVICES);
            service[..1].to_uppercase() + &service[1..]
        }
        "word" => random.pick(WORDS).to_owned(),
        "domain" => {
            format!("{}.{}", random.pick(COMPANIES), random.pick(&["io", "net", "dev", "cloud", "co"]))
        }
        "host" => format!(
            "{}-{:02}.{}.internal",
            random.pick(&["db", "pg", "mq", "cache", "sql", "app", "ldap"]),
            random.between(1, 24),
            random.pick(COMPANIES)
        ),
        "ip" => format!("10.{}.{}.{}", random.below(256), random.below(256), random.between(2, 254)),
        "port" => random.between(3000, 9999).to_string(),
        "number" => random.between(2, 4000).to_string(),
        "date" => format!("202{}-{:02}-{:02}", random.below(6), random.between(1, 12), random.between(1, 28)),
        "time" => format!("{:02}:{:02}:{:02}", random.below(24), random.below(60), random.below(60)),
        "version" => format!("{}.{}.{}", random.below(9), random.below(30), random.below(20)),
        "uuid" => uuid(random),
        "client-id" => draw("{a:20}", random),
        "lorem" => sentence(random),
        _ => return None,
    })
}
