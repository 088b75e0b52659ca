//! The published shapes of well-known credentials, as patterns from which values are drawn when the tests run.
//!
//! A pattern is text with holes, `{alphabet:length}`: no value ever stands in a file.

use super::random::Random;

/// Vendor and pattern. `a` lower-case letters and digits, `A` all letters and digits, `U` upper-case letters and
/// digits, `b` base64url, `B` base64, `d` digits, `h` hexadecimal, `w` RFC 4648 base32.
const SHAPES: &[(&str, &str)] = &[
    ("airtable", "pat{A:14}.{h:64}"),
    ("anthropic", "sk-ant-api03-{b:93}AA"),
    ("atlassian", "ATATT3xFfGF0{b:171}={U:8}"),
    ("aws-access-key", "AKIA{w:16}"),
    ("aws-secret-key", "{B:40}"),
    ("azure-storage", "{B:86}=="),
    ("databricks", "dapi{h:32}"),
    ("digitalocean", "dop_v1_{h:64}"),
    ("discord-bot", "MT{b:24}.{b:6}.{b:38}"),
    ("discord-webhook", "https://discord.com/api/webhooks/{d:19}/{b:68}"),
    ("docker-hub", "dckr_pat_{b:27}"),
    ("doppler", "dp.pt.{A:43}"),
    ("figma", "figd_{b:40}"),
    ("gitlab", "glpat-{b:20}"),
    ("gitlab-runner", "glrt-{b:20}"),
    ("google-api", "AIza{b:35}"),
    ("google-oauth", "GOCSPX-{b:28}"),
    ("google-refresh", "1//0{b:60}"),
    ("grafana", "glsa_{A:32}_{h:8}"),
    ("heroku", "HRKU-AA{b:58}"),
    ("huggingface", "hf_{A:34}"),
    ("linear", "lin_api_{A:40}"),
    ("mailchimp", "{h:32}-us{d:1}"),
    ("mailgun", "key-{h:32}"),
    ("newrelic", "NRAK-{U:27}"),
    ("notion", "ntn_{d:11}{A:35}"),
    ("openai", "sk-{A:20}T3BlbkFJ{A:20}"),
    ("openai-project", "sk-proj-{b:74}T3BlbkFJ{b:74}"),
    ("postman", "PMAK-{h:24}-{h:34}"),
    ("pulumi", "pul-{h:40}"),
    ("pypi", "pypi-AgEIcHlwaS5vcmc{b:140}"),
    ("rubygems", "rubygems_{h:48}"),
    ("sendgrid", "SG.{b:22}.{b:43}"),
    ("sentry", "sntryu_{h:64}"),
    ("shopify", "shpat_{h:32}"),
    ("slack-app", "xapp-1-A{U:10}-{d:13}-{h:64}"),
    ("slack-bot", "xoxb-{d:12}-{d:13}-{A:24}"),
    ("slack-user", "xoxp-{d:12}-{d:12}-{d:13}-{h:32}"),
    ("slack-webhook", "https://hooks.slack.com/services/T{U:8}/B{U:10}/{A:24}"),
    ("square", "EAAA{b:60}"),
    ("stripe-live", "sk_live_{A:24}"),
    ("stripe-restricted", "rk_live_{A:24}"),
    ("stripe-webhook", "whsec_{A:32}"),
    ("telegram", "{d:10}:AA{b:33}"),
    ("terraform-cloud", "{A:14}.atlasv1.{A:67}"),
    ("twilio", "SK{h:32}"),
    ("vault", "hvs.{b:92}"),
];

/// Draws a credential of a vendor; `None` when none of that name is known.
pub(crate) fn token(vendor: &str, random: &mut Random) -> Option<String> {
    match vendor {
        "github" => Some(checked("ghp_", random)),
        "github-oauth" => Some(checked("gho_", random)),
        "github-app" => Some(checked("ghs_", random)),
        "github-fine" => Some(draw("github_pat_{A:22}_{A:59}", random)),
        "npm" => Some(checked("npm_", random)),
        _ => SHAPES.iter().find(|(name, _)| *name == vendor).map(|(_, shape)| draw(shape, random)),
    }
}

/// The characters behind a letter of a pattern.
pub(crate) fn alphabet(letter: &str) -> &'static str {
    match letter {
        "a" => "abcdefghijklmnopqrstuvwxyz0123456789",
        "A" => "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
        "U" => "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
        "b" => "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
        "B" => "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
        "d" => "0123456789",
        "h" => "0123456789abcdef",
        "w" => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
        _ => panic!("no alphabet is called `{letter}`"),
    }
}

/// Fills the holes of a pattern.
pub(crate) fn draw(shape: &str, random: &mut Random) -> String {
    let mut text = String::new();
    let mut rest = shape;
    while let Some((before, hole)) = rest.split_once('{') {
        let (hole, after) = hole.split_once('}').unwrap();
        let (letter, length) = hole.split_once(':').unwrap();
        text.push_str(before);
        text.push_str(&random.text(alphabet(letter), length.parse().unwrap()));
        rest = after;
    }
    text + rest
}

/// A prefix, 30 characters, and their CRC-32 in six base62 digits, as GitHub and npm make their tokens.
fn checked(prefix: &str, random: &mut Random) -> String {
    const DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let body = random.text(alphabet("A"), 30);
    let mut sum = crc32fast::hash(body.as_bytes()) as usize;
    let mut digits = [0; 6];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[sum % 62];
        sum /= 62;
    }
    format!("{prefix}{body}{}", str::from_utf8(&digits).unwrap())
}

#[test]
fn every_shape_can_be_drawn_and_two_draws_differ() {
    let mut random = Random::new(1, "vendors");
    for (name, _) in SHAPES {
        assert_ne!(token(name, &mut random), token(name, &mut random), "{name}");
    }
    assert_eq!(token("npm", &mut random).unwrap().len(), 40);
    assert_eq!(token("nobody", &mut random), None);
}
