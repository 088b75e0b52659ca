//! What every room may lean on: digests, canonical JSON, the clock, cancelling, children, embedded files.
//!
//! Nothing here knows git or governance.

pub mod assets;
mod cancel;
pub mod canonical;
mod clock;
mod content_address;
mod kept;
mod parallel;
pub mod process;
mod progress;
mod quick;
mod record_cache;

pub use cancel::CancelToken;
pub use clock::{Clock, Date, ParseDateError, Timestamp};
pub use content_address::{ContentAddress, ParseContentAddressError};
pub use kept::Kept;
pub use parallel::parallel_map;
pub use progress::Progress;
pub use quick::{QuickMap, QuickSet};
pub use record_cache::{RecordCache, Shape};
