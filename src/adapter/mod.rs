//! Knows the ecosystems: which projects a repository holds, what they require, what could be repaired.
//!
//! Adapters read a view of one snapshot and propose; they write nothing, and never guess a value that only a
//! person can give.

mod actions;
mod assess;
mod contract;
mod detect;
#[cfg(test)]
mod ecosystems;
mod error;
mod excluded;
mod faint;
mod forge;
mod generic;
mod go;
mod ini;
mod java;
mod json_edit;
mod json_text;
mod manifest;
mod node;
mod node_ci;
mod node_facts;
mod node_repair;
mod node_sources;
mod node_workspace;
mod path_rules;
mod places;
mod project;
#[cfg(test)]
mod properties;
mod python;
mod python_ci;
mod python_facts;
mod python_repair;
mod python_sources;
mod python_tests;
mod registry;
mod render;
#[cfg(test)]
mod repairs;
mod rust;
#[cfg(test)]
mod scenarios;
#[cfg(test)]
mod testing;
mod text_file;
mod toml_text;
#[cfg(test)]
mod trial;

pub use assess::assess;
pub use contract::{
    Adapter, Assessment, CiJob, CiStep, Context, Detection, Exclusion, Fact, Inspection, Project,
};
pub use detect::{Settings, detect};
pub use error::Error;
pub use registry::known_adapters;
