//! The actions that a rendered workflow may use, each pinned by the commit of a release.
//!
//! A version here and the comment in the workflow are the same text; a new pin is a new template version.

use std::collections::BTreeMap;

use super::CiStep;

/// An action and the release that its pin stands for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Action {
    /// `owner/repo@<40 hex>`.
    pub(super) pin: &'static str,
    /// The release: `v7.0.1`.
    pub(super) version: &'static str,
}

/// Checks the repository out.
pub(super) const CHECKOUT: Action =
    Action { pin: "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1", version: "v7.0.1" };
/// Puts a Python on the path.
pub(super) const SETUP_PYTHON: Action =
    Action { pin: "actions/setup-python@5fda3b95a4ea91299a34e894583c3862153e4b97", version: "v7.0.0" };
/// Puts a Node.js on the path.
pub(super) const SETUP_NODE: Action =
    Action { pin: "actions/setup-node@820762786026740c76f36085b0efc47a31fe5020", version: "v7.0.0" };
/// Puts uv on the path.
pub(super) const SETUP_UV: Action =
    Action { pin: "astral-sh/setup-uv@681c641aba71e4a1c380be3ab5e12ad51f415867", version: "v7.1.6" };
/// Puts bun on the path.
pub(super) const SETUP_BUN: Action =
    Action { pin: "oven-sh/setup-bun@0c5077e51419868618aeaa5fe8019c62421857d6", version: "v2.2.0" };
/// Puts pnpm on the path.
pub(super) const SETUP_PNPM: Action =
    Action { pin: "pnpm/action-setup@b906affcce14559ad1aafd4ab0e942779e9f58b1", version: "v4.3.0" };
/// Puts a Go on the path.
pub(super) const SETUP_GO: Action =
    Action { pin: "actions/setup-go@924ae3a1cded613372ab5595356fb5720e22ba16", version: "v6.5.0" };
/// Puts a Java development kit on the path.
pub(super) const SETUP_JAVA: Action =
    Action { pin: "actions/setup-java@b6effb05e454b25005698d916606bdc6ffcbf961", version: "v5.7.0" };

impl Action {
    /// Makes a step of it.
    pub(super) fn step(self, name: &str, with: &[(&'static str, String)]) -> CiStep {
        let with: BTreeMap<&'static str, String> = with.iter().cloned().collect();
        CiStep::Uses { name: name.to_owned(), action: self.pin, version: self.version, with }
    }
}

/// Makes a step that runs a command.
pub(super) fn run(name: &str, command: impl Into<String>) -> CiStep {
    CiStep::Run { name: name.to_owned(), command: command.into() }
}
