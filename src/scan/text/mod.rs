//! Finds credentials that no fixed form tells: by the name that a value has, by a URL, a header, a block.

mod assignment;
mod beside;
mod header;
mod key;
mod language;
mod name;
mod url;
mod value;

pub(super) use assignment::{read as read_assignment, read_value};
pub(super) use beside::{call, command, identified};
pub(super) use header::credential;
pub(super) use key::{is_encrypted, json_web_token, private_key};
pub(super) use language::{Language, of as language_of};
pub(super) use name::Kind;
pub(super) use url::password as url_password;
pub(super) use value::is_made;
pub(super) use value::is_secret_value as is_secret;
