//! Who signed a seal, for people and for machines.
//!
//! "trusted" is said of a signer whom the user's own list names, and of nobody else.

use git_iao::supply_chain::{SignatureState, Standing};
use serde_json::{Value, json};

use crate::cli::ui::{Style, Ui, plain};

/// Returns the state of a signature as one line of text.
pub(in crate::cli) fn signer(ui: &Ui, state: &SignatureState) -> String {
    match state {
        SignatureState::Unsigned => "unsigned".to_owned(),
        SignatureState::Invalid { why } => ui.style(Style::Bad, &format!("INVALID: {}", plain(why))),
        SignatureState::Valid { key, standing, .. } => {
            let by = format!("{} {}", key.kind(), key.fingerprint());
            match standing {
                Standing::Trusted { principals } => {
                    let word = ui.style(Style::Good, &format!("trusted as {}", plain(principals)));
                    format!("{word} ({by})")
                }
                Standing::Untrusted(why) => {
                    let word = ui.style(Style::Warn, &format!("valid signature, signer not trusted ({why})"));
                    format!("{word}: {by}")
                }
            }
        }
    }
}

/// Returns the state of a signature as an object.
pub(in crate::cli) fn signature(state: &SignatureState) -> Value {
    match state {
        SignatureState::Unsigned => json!({ "state": "unsigned" }),
        SignatureState::Invalid { why } => json!({ "state": "invalid", "why": why }),
        SignatureState::Valid { key, form, standing } => {
            let mut object = json!({
                "key": key.fingerprint(),
                "keyType": key.kind(),
                "publicKey": key.to_string(),
                "form": form,
            });
            match standing {
                Standing::Trusted { principals } => {
                    object["state"] = "trusted".into();
                    object["principals"] = principals.as_str().into();
                }
                Standing::Untrusted(why) => {
                    object["state"] = "untrusted".into();
                    object["why"] = why.as_str().into();
                }
            }
            object
        }
    }
}
