//! Lists the adapters that are built in, in the order in which they are asked.
//!
//! A new adapter is one new file and one line here.

use super::Adapter;
use super::generic::Generic;
use super::go::Go;
use super::java::Java;
use super::node::Node;
use super::python::Python;
use super::rust::Rust;

/// Every built-in adapter; `generic` stands last.
static ADAPTERS: [&dyn Adapter; 6] = [&Python, &Node, &Go, &Rust, &Java, &Generic];

/// The ids of [`ADAPTERS`], in the same order.
static NAMES: [&str; 6] = ["python", "node", "go", "rust", "java", "generic"];

/// Returns the ids of the built-in adapters, in their own order.
#[must_use]
pub fn known_adapters() -> &'static [&'static str] {
    &NAMES
}

/// Returns the built-in adapters, in their own order.
pub(super) fn built_in() -> &'static [&'static dyn Adapter] {
    &ADAPTERS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_those_of_the_adapters() {
        let ids: Vec<&str> = built_in().iter().map(|adapter| adapter.id()).collect();
        assert_eq!(ids, known_adapters());
    }
}
