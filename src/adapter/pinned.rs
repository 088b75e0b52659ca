//! The actions that rendered workflows use, each pinned by the commit that its release tag names.
//!
//! A pin is the full object id of a release of the action's own repository; the version beside it is that tag.

/// One action at one release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pin {
    /// `owner/repo@<40 hex>`.
    pub(super) action: &'static str,
    /// The release tag that names this commit.
    pub(super) version: &'static str,
}

/// Installs Go.
pub(super) const SETUP_GO: Pin =
    Pin { action: "actions/setup-go@924ae3a1cded613372ab5595356fb5720e22ba16", version: "v6.5.0" };

/// Installs a Java development kit.
pub(super) const SETUP_JAVA: Pin =
    Pin { action: "actions/setup-java@b6effb05e454b25005698d916606bdc6ffcbf961", version: "v5.7.0" };
