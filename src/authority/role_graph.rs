//! Puts the roles in the order in which they may act: each after those it depends on.

use std::collections::BTreeMap;

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::Error;
use crate::config::{Role, RoleRegistry};

/// Returns the roles, each after every role it depends on; the same for any order of the document.
///
/// Where the registry does not require a DAG, roles of a circle stand together, sorted by id.
///
/// # Errors
/// When an id stands twice, a dependency is not registered, or roles depend on each other in a circle although
/// the registry requires a DAG.
pub fn resolve(registry: &RoleRegistry) -> Result<Vec<&Role>, Error> {
    let mut roles: BTreeMap<&str, &Role> = BTreeMap::new();
    for role in &registry.roles {
        if roles.insert(&role.id, role).is_some() {
            return Err(Error::DuplicateRole { role: role.id.clone() });
        }
    }
    let mut graph: DiGraph<&Role, ()> = DiGraph::new();
    let nodes: BTreeMap<&str, NodeIndex> =
        roles.iter().map(|(id, role)| (*id, graph.add_node(*role))).collect();
    for (id, role) in &roles {
        for needed in &role.depends_on {
            let Some(node) = nodes.get(needed.as_str()) else {
                return Err(Error::UnknownRole { role: role.id.clone(), missing: needed.clone() });
            };
            graph.update_edge(nodes[id], *node, ());
        }
    }
    let mut order = Vec::with_capacity(roles.len());
    // Components come in reverse topological order; an edge leads to what must come first.
    for component in tarjan_scc(&graph) {
        let mut members: Vec<&Role> = component.iter().map(|node| graph[*node]).collect();
        members.sort_by(|a, b| a.id.cmp(&b.id));
        let circle = members.len() > 1 || graph.contains_edge(component[0], component[0]);
        if circle && registry.require_dag {
            return Err(Error::RoleCycle { roles: members.iter().map(|role| role.id.clone()).collect() });
        }
        order.extend(members);
    }
    Ok(order)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn registry(roles: &[(&str, &[&str])], require_dag: bool) -> RoleRegistry {
        let roles = roles
            .iter()
            .map(|(id, needs)| Role {
                id: (*id).to_owned(),
                tags: vec![],
                accepts: vec![],
                emits: vec![],
                depends_on: needs.iter().map(|need| (*need).to_owned()).collect(),
            })
            .collect();
        RoleRegistry { name: "test".to_owned(), roles, unique_role_ids: true, require_dag }
    }

    fn ids(registry: &RoleRegistry) -> Result<Vec<&str>, Error> {
        Ok(resolve(registry)?.into_iter().map(|role| role.id.as_str()).collect())
    }

    #[test]
    fn each_role_stands_after_what_it_depends_on() {
        let team =
            registry(&[("reason", &["policy"]), ("control", &["reason", "policy"]), ("policy", &[])], true);
        assert_eq!(ids(&team).unwrap(), ["policy", "reason", "control"]);
    }

    #[test]
    fn what_cannot_be_ordered_is_refused_by_name() {
        let twice = registry(&[("a", &[]), ("a", &[])], true);
        assert_eq!(ids(&twice), Err(Error::DuplicateRole { role: "a".into() }));
        let missing = registry(&[("a", &["b"])], true);
        assert_eq!(ids(&missing), Err(Error::UnknownRole { role: "a".into(), missing: "b".into() }));
        let circle = registry(&[("a", &["b"]), ("b", &["a"]), ("c", &[])], true);
        assert_eq!(ids(&circle), Err(Error::RoleCycle { roles: vec!["a".into(), "b".into()] }));
        let own = registry(&[("a", &["a"])], true);
        assert_eq!(ids(&own), Err(Error::RoleCycle { roles: vec!["a".into()] }));
    }

    #[test]
    fn a_circle_stands_together_where_it_is_allowed() {
        let circle = registry(&[("c", &["a"]), ("b", &["a"]), ("a", &["b"])], false);
        assert_eq!(ids(&circle).unwrap(), ["a", "b", "c"]);
    }

    proptest! {
        #[test]
        fn any_acyclic_registry_resolves_alike_in_any_order(
            needs in proptest::collection::vec(proptest::collection::vec(any::<prop::sample::Index>(), 0..4), 1..12),
            cut in any::<prop::sample::Index>(),
        ) {
            let name = |index: usize| format!("r{index:02}");
            let roles: Vec<Role> = needs
                .iter()
                .enumerate()
                .map(|(index, needs)| Role {
                    id: name(index),
                    tags: vec![],
                    accepts: vec![],
                    emits: vec![],
                    // Only earlier roles, so that there is no circle.
                    depends_on: needs.iter().filter(|_| index > 0).map(|need| name(need.index(index.max(1)))).collect(),
                })
                .collect();
            let mut turned = roles.clone();
            turned.rotate_left(cut.index(roles.len()));
            let one = RoleRegistry { roles, require_dag: true, ..RoleRegistry::default() };
            let two = RoleRegistry { roles: turned, require_dag: true, ..RoleRegistry::default() };
            let order = ids(&one).unwrap();
            prop_assert_eq!(&order, &ids(&two).unwrap());
            for role in &one.roles {
                let place = |id: &str| order.iter().position(|other| *other == id).unwrap();
                prop_assert!(role.depends_on.iter().all(|need| place(need) < place(&role.id)));
            }
        }
    }
}
