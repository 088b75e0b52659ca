//! Rules for credentials of a known form: how they are written down, and how a text is searched for all of them at once.

mod allow;
mod bounds;
mod built_in;
mod composite;
mod document;
mod finder;
mod go;
mod held;
mod keys;
mod load;
mod pattern;
mod runs;
mod search;
mod set;
mod trial;

pub use built_in::built_in;
pub use load::{Loaded, load};
pub use set::{Rule, RuleSet};
pub use trial::{DRAWN, Trial, try_rules};

pub(super) use allow::At;
pub(super) use bounds::words_of;
pub(super) use pattern::Pattern;
pub(super) use search::{Searcher, lines_around};
pub(super) use set::{FORMS, NAME_WORDS};
