//! What kind of thing a tree entry is.

use serde::{Deserialize, Serialize};

/// The kind of one entry that is not a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileMode {
    /// A file (`100644`; the historic `100664` counts as this).
    Regular,
    /// A file with the executable bit (`100755`).
    Executable,
    /// A symbolic link, whose content is its target (`120000`).
    Symlink,
    /// A commit of another repository (`160000`): a submodule.
    Gitlink,
}

impl FileMode {
    /// Returns the six octal digits that git prints.
    #[must_use]
    pub fn as_octal(self) -> &'static str {
        match self {
            Self::Regular => "100644",
            Self::Executable => "100755",
            Self::Symlink => "120000",
            Self::Gitlink => "160000",
        }
    }

    /// Says whether the entry is a file with content of its own (no link, no submodule).
    #[must_use]
    pub fn is_file(self) -> bool {
        matches!(self, Self::Regular | Self::Executable)
    }
}
