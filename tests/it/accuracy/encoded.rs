//! Writes texts that hold a secret, or none, in encodings that hide nothing: `base64:env`, `percent:json`.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::near_misses::near_miss;
use super::random::Random;
use super::secrets::secret;
use super::vocabulary::{ACCOUNTS, COMPANIES, VARIABLES};

/// Draws an encoded secret; `None` when the encoding or the text is not known.
pub(crate) fn encoded_secret(kind: &str, random: &mut Random) -> Option<String> {
    let (way, what) = kind.split_once(':')?;
    let draw = |kind, random: &mut Random| secret(kind, random).unwrap();
    let text = match what {
        "env" => {
            let (password, number) = (draw("password-strong", random), draw("alnum32", random));
            format!(
                "APP_ENV=production\nDB_HOST=db.internal\nDB_PASSWORD=\"{password}\"\nAPI_TOKEN={number}\nDEBUG=0\n"
            )
        }
        "json" => {
            format!(r#"{{"user": "app", "password": "{}", "retries": 3}}"#, draw("password-plain", random))
        }
        "yaml" => {
            format!(
                "database:\n  host: db.internal\n  password: {}\n  pool: 5\n",
                draw("password-plain", random)
            )
        }
        "url" => format!("postgres://{}@db.internal:5432/orders", draw("url-userinfo", random)),
        "script" => {
            format!("#!/bin/sh\nexport ADMIN_PASSWORD='{}'\nexec /srv/app\n", draw("password-plain", random))
        }
        "token" => {
            let vendors = ["token:gitlab", "token:stripe-live", "token:slack-bot", "token:grafana"];
            let vendor = random.pick(&vendors);
            draw(vendor, random)
        }
        _ => return None,
    };
    encode(way, &text)
}

/// Draws an encoded text that holds no secret; `None` when the encoding or the text is not known.
pub(crate) fn encoded_near_miss(kind: &str, random: &mut Random) -> Option<String> {
    let (way, what) = kind.split_once(':')?;
    let text = match what {
        "lorem" => near_miss("lorem", random)?,
        "env" => {
            let (password, token) = (near_miss("placeholder", random)?, random.pick(VARIABLES));
            format!("APP_ENV=production\nDB_PASSWORD={password}\nAPI_TOKEN={token}\nDEBUG=0\n")
        }
        "json" => format!(r#"{{"user": "{}", "id": "{}"}}"#, random.pick(ACCOUNTS), near_miss("uuid", random)?),
        "url" => format!("https://{}.io/login?next=/reset-password&state={}", random.pick(COMPANIES), near_miss("uuid", random)?),
        "svg" => {
            let size = random.between(12, 64);
            format!("<svg xmlns='http://www.w3.org/2000/svg' width='{size}'><path fill='#{}' d='M0 0h{size}v{size}z'/></svg>", near_miss("short-commit", random)?)
        }
        "script" => "#!/bin/sh\nset -eu\nread -rs PASSWORD\nexport TOKEN=$(vault read -field=token secret/app)\nexec \"$@\"\n".to_owned(),
        _ => return None,
    };
    encode(way, &text)
}

fn encode(way: &str, text: &str) -> Option<String> {
    Some(match way {
        "base64" => STANDARD.encode(text),
        "base64url" => URL_SAFE_NO_PAD.encode(text),
        "base64-twice" => STANDARD.encode(STANDARD.encode(text)),
        "base64-lines" => {
            let encoded = STANDARD.encode(text);
            let lines: Vec<_> =
                encoded.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
            lines.join("\n")
        }
        "hex" => text.bytes().map(|byte| format!("{byte:02x}")).collect(),
        "percent" => text.bytes().map(percent).collect(),
        _ => return None,
    })
}

fn percent(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}
