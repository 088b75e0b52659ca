//! Archives: zip and what is made of it, tar, and gzip, read member by member within bounds.
//!
//! Whatever a header says, no more is unpacked than the bounds let through, and what was not looked into is told.

mod bounds;
#[cfg(test)]
mod build;
mod gzip;
mod inflate;
mod kind;
mod tar;
#[cfg(test)]
mod tests;
mod walk;
mod zip;

#[cfg(test)]
pub(super) use build::{Part, gzip, tar, zip};
pub(super) use kind::of as kind_of;
pub(super) use walk::{shown, unpack};
