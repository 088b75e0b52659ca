//! Lets a person stop long work with Ctrl-C, and see how far it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Progress;

/// A flag that long work looks at between items, and a count of the items that are done.
#[derive(Debug, Clone, Default)]
pub struct CancelToken {
    flag: Arc<AtomicBool>,
    progress: Progress,
}

impl CancelToken {
    /// Sets the flag when the process is interrupted or asked to end (SIGINT, SIGTERM).
    ///
    /// # Errors
    /// When the system refuses the signal handler.
    pub fn on_interrupt() -> std::io::Result<Self> {
        let token = Self::default();
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
            // A second signal while the first is still being honoured ends the process at once.
            signal_hook::flag::register_conditional_shutdown(signal, 130, Arc::clone(&token.flag))?;
            signal_hook::flag::register(signal, Arc::clone(&token.flag))?;
        }
        Ok(token)
    }

    /// Asks the work to stop.
    pub fn cancel(&self) {
        self.flag.store(true, Ordering::Relaxed);
    }

    /// Says whether the work was asked to stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.flag.load(Ordering::Relaxed)
    }

    /// Returns where the work counts what it has done.
    #[must_use]
    pub fn progress(&self) -> &Progress {
        &self.progress
    }
}
