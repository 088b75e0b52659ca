//! Lets a person stop long work with Ctrl-C.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag that long work looks at between items.
#[derive(Debug, Clone, Default)]
pub struct CancelToken(Arc<AtomicBool>);

impl CancelToken {
    /// Sets the flag when the process is interrupted or asked to end (SIGINT, SIGTERM).
    ///
    /// # Errors
    /// When the system refuses the signal handler.
    pub fn on_interrupt() -> std::io::Result<Self> {
        let token = Self::default();
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
            // A second signal while the first is still being honoured ends the process at once.
            signal_hook::flag::register_conditional_shutdown(signal, 130, Arc::clone(&token.0))?;
            signal_hook::flag::register(signal, Arc::clone(&token.0))?;
        }
        Ok(token)
    }

    /// Asks the work to stop.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Says whether the work was asked to stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
