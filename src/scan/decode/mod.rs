//! Texts within a text: what stands there in base64, in hexadecimal digits or percent-encoded.
//!
//! Nothing is decoded that does not begin as a text does, so that digests, keys, images and identifiers cost a glance each.
//! Time and memory follow the length of the text, whoever wrote it.

mod encoded;
mod percent;
mod piece;
mod readable;
mod run;
mod wide;

pub(super) use encoded::{pieces, whole};
pub(super) use percent::ESCAPES;
pub(super) use piece::{Encoding, Piece};
pub(super) use wide::from_utf16;
