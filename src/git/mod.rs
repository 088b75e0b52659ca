//! The one door to git: repositories, snapshots, objects, refs, notes.
//!
//! Only this room names `gix`. Reads never honour replacement objects or grafts, and never run a filter,
//! textconv, fsmonitor or hook that a repository's config names.

mod alternates;
mod blob_reader;
mod blob_stream;
mod commit;
mod config;
mod config_write;
mod content_reader;
mod deltas;
mod disk;
mod durable;
mod environment;
mod error;
#[cfg(fuzzing)]
pub mod fuzzing;
mod history;
mod hook_settings;
mod index;
mod index_padding;
mod indexed_tree;
mod lock;
mod loose;
mod merge;
mod name;
mod notes;
mod objects;
mod on_disk;
mod open;
mod owner;
mod pack;
mod pack_order;
mod packs;
mod parents;
mod patch_id;
mod path_table;
mod peel;
mod persist;
mod push_report;
mod reach;
mod ref_lock;
mod ref_read;
mod reflog;
mod refs;
mod remote;
mod repository;
mod revision;
mod rope;
#[cfg(test)]
pub(crate) mod scratch;
mod snapshot;
mod stage;
mod store;
mod stored_tree;
#[cfg(test)]
pub(crate) mod testing;
mod tidy;
mod transport;
mod tree;
mod tree_diff;
mod tree_reader;
mod unread;
mod view;
mod worktree;
mod worktrees;

pub use blob_reader::{BlobReader, Names};
pub use commit::{CommitInfo, NewCommit, Person};
pub use content_reader::ContentReader;
pub use deltas::PackedBlobs;
pub use error::Error;
pub use hook_settings::Scoped;
pub use index::Index;
pub use indexed_tree::IndexedTree;
pub use lock::Lock;
pub use merge::{MergedText, merge_text};
pub use on_disk::{OnDisk, WorkTree};
pub use pack_order::ReadingOrder;
pub use packs::Packs;
pub use push_report::PushReport;
pub use reach::{Listed, Reach, Reached, Tip, Unread};
pub use refs::{Expected, RefUpdate};
pub use remote::Remote;
pub use repository::{Head, Location, Repository};
pub use snapshot::{Entry, Oddity, OddityKind, Snapshot, Source};
pub use stored_tree::{StoredTree, Trees};
pub use transport::{Objects, SYNC_VARIABLE, Transport, is_nested};
pub use tree::TreeEdit;
pub use tree_reader::RawEntry;
pub use view::{ReadSet, View};
