//! The pipeline as a graph: who comes before whom, and what is wrong with it before anything runs.

use std::collections::BTreeMap;

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::Error;
use crate::config::{Node, Pipeline};
use crate::model::StepId;
use crate::step::{self, STEP_NAMES, Slot, Step};

/// One node with its step.
#[derive(Clone, Copy)]
pub struct Planned<'a> {
    /// The node as configured.
    pub node: &'a Node,
    /// The work behind it.
    pub step: &'static dyn Step,
}

/// The nodes of a pipeline in the order in which they run.
pub struct Dag<'a> {
    order: Vec<Planned<'a>>,
}

impl<'a> Dag<'a> {
    /// Orders the pipeline: dependencies first, ties in the order of the document.
    ///
    /// # Errors
    /// When a step or a dependency is unknown, steps go in a circle, or one reads what none before it leaves.
    pub fn build(pipeline: &'a Pipeline) -> Result<Self, Error> {
        let nodes = &pipeline.nodes;
        let index: BTreeMap<&StepId, usize> =
            nodes.iter().enumerate().map(|(at, node)| (&node.id, at)).collect();
        let mut graph: DiGraph<usize, ()> = DiGraph::new();
        let handles: Vec<NodeIndex> = (0..nodes.len()).map(|at| graph.add_node(at)).collect();
        for (at, node) in nodes.iter().enumerate() {
            for dependency in &node.deps {
                let Some(before) = index.get(dependency) else {
                    return Err(Error::UnknownDependency {
                        node: node.id.clone(),
                        missing: dependency.clone(),
                    });
                };
                graph.update_edge(handles[*before], handles[at], ());
            }
        }
        let order = sorted(&graph, nodes)?;
        let mut planned = Vec::with_capacity(order.len());
        for at in order {
            let node = &nodes[at];
            let step = step::find(&node.run)
                .ok_or_else(|| Error::UnknownStep { node: node.id.clone(), run: node.run.clone() })?;
            planned.push(Planned { node, step });
        }
        let dag = Self { order: planned };
        dag.check_reads()?;
        Ok(dag)
    }

    /// Returns the nodes in order.
    #[must_use]
    pub fn order(&self) -> &[Planned<'a>] {
        &self.order
    }

    /// Returns, in order, the node that runs `name` and everything it depends on.
    ///
    /// # Errors
    /// When no node runs it.
    pub fn to_goal(&self, name: &str) -> Result<Vec<Planned<'a>>, Error> {
        let goal = self
            .order
            .iter()
            .find(|planned| planned.step.name() == name)
            .ok_or_else(|| Error::NoGoal { run: name.to_owned() })?;
        let mut needed: Vec<&StepId> = vec![&goal.node.id];
        for planned in self.order.iter().rev() {
            if needed.contains(&&planned.node.id) {
                needed.extend(&planned.node.deps);
            }
        }
        Ok(self.order.iter().copied().filter(|planned| needed.contains(&&planned.node.id)).collect())
    }

    /// Checks that what each step reads is left by one of its ancestors.
    fn check_reads(&self) -> Result<(), Error> {
        let mut left: BTreeMap<&StepId, Vec<Slot>> = BTreeMap::new();
        for planned in &self.order {
            let mut slots: Vec<Slot> =
                planned.node.deps.iter().flat_map(|dep| left[dep].iter().copied()).collect();
            if let Some(missing) = planned.step.reads().iter().find(|slot| !slots.contains(slot)) {
                return Err(Error::UnmetRead {
                    node: planned.node.id.clone(),
                    slot: missing.as_str(),
                    provider: provider(*missing),
                });
            }
            slots.extend(planned.step.writes());
            left.insert(&planned.node.id, slots);
        }
        Ok(())
    }
}

fn provider(slot: Slot) -> &'static str {
    STEP_NAMES
        .into_iter()
        .find(|name| step::find(name).is_some_and(|step| step.writes().contains(&slot)))
        .unwrap_or("a later version's step")
}

/// Kahn's algorithm, always taking the first ready node of the document.
fn sorted(graph: &DiGraph<usize, ()>, nodes: &[Node]) -> Result<Vec<usize>, Error> {
    let mut waiting: Vec<usize> = (0..nodes.len())
        .map(|at| graph.neighbors_directed(NodeIndex::new(at), petgraph::Incoming).count())
        .collect();
    let mut done = vec![false; nodes.len()];
    let mut order = Vec::with_capacity(nodes.len());
    while let Some(at) = (0..nodes.len()).find(|at| !done[*at] && waiting[*at] == 0) {
        done[at] = true;
        order.push(at);
        for after in graph.neighbors(NodeIndex::new(at)) {
            waiting[after.index()] -= 1;
        }
    }
    if order.len() == nodes.len() { Ok(order) } else { Err(Error::Cycle { cycle: cycle(graph, nodes) }) }
}

/// Returns one circle, from its first node in the document back to it.
fn cycle(graph: &DiGraph<usize, ()>, nodes: &[Node]) -> Vec<StepId> {
    let circles = tarjan_scc(graph);
    let circle = circles
        .iter()
        .find(|circle| circle.len() > 1 || graph.contains_edge(circle[0], circle[0]))
        .expect("a graph without an order has a circle");
    let first = circle.iter().min().copied().expect("a component has a node");
    let mut path = vec![first];
    loop {
        let here = *path.last().expect("the path starts with a node");
        // Within a strongly connected component every node leads on to another of it.
        let next = graph
            .neighbors(here)
            .filter(|next| circle.contains(next))
            .find(|next| *next == first || !path.contains(next))
            .unwrap_or(first);
        path.push(next);
        if next == first {
            return path.into_iter().map(|node| nodes[node.index()].id.clone()).collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, LoadRequest, load};

    fn standard() -> Config {
        load(&LoadRequest { pipeline: None, read: &|_| Ok(None), known_steps: &STEP_NAMES }).unwrap()
    }

    /// A pipeline of nodes given as `id run deps…`.
    fn pipeline(nodes: &[(&str, &str, &[&str])]) -> Pipeline {
        let node = |(id, run, deps): &(&str, &str, &[&str])| Node {
            id: id.parse().unwrap(),
            run: format!("engine.step.{run}"),
            deps: deps.iter().map(|dep| dep.parse().unwrap()).collect(),
        };
        Pipeline { nodes: nodes.iter().map(node).collect(), ..standard().pipeline }
    }

    fn ids(planned: &[Planned<'_>]) -> Vec<String> {
        planned.iter().map(|planned| planned.node.id.to_string()).collect()
    }

    #[test]
    fn the_standard_pipeline_runs_in_its_own_order() {
        let config = standard();
        let dag = Dag::build(&config.pipeline).unwrap();
        let names: Vec<&str> = dag.order().iter().map(|planned| planned.step.name()).collect();
        assert_eq!(names, STEP_NAMES);
    }

    #[test]
    fn dependencies_come_first_and_ties_keep_the_order_of_the_document() {
        let pipeline = pipeline(&[
            ("seal", "history_immutable", &["b", "a"]),
            ("b", "parameter_validation", &[]),
            ("a", "permission_resolution", &[]),
        ]);
        assert_eq!(ids(Dag::build(&pipeline).unwrap().order()), ["b", "a", "seal"]);
    }

    #[test]
    fn a_goal_takes_its_ancestors_and_nothing_else() {
        let config = standard();
        let dag = Dag::build(&config.pipeline).unwrap();
        let nodes = dag.to_goal("engine.step.permission_resolution").unwrap();
        assert_eq!(nodes.len(), 3);
        assert!(matches!(dag.to_goal("engine.step.none"), Err(Error::NoGoal { .. })));
    }

    #[test]
    fn the_whole_circle_is_named() {
        let pipeline = pipeline(&[
            ("x", "parameter_validation", &[]),
            ("a", "permission_resolution", &["c", "x"]),
            ("b", "permission_resolution", &["a"]),
            ("c", "permission_resolution", &["b"]),
        ]);
        let Err(error @ Error::Cycle { .. }) = Dag::build(&pipeline) else {
            panic!("a circle has no order");
        };
        assert_eq!(error.to_string(), "the pipeline goes in a circle: a -> b -> c -> a");
    }

    #[test]
    fn a_step_that_needs_itself_is_a_circle() {
        let pipeline = pipeline(&[("a", "permission_resolution", &["a"])]);
        let Err(error) = Dag::build(&pipeline) else { panic!("a circle has no order") };
        assert_eq!(error.to_string(), "the pipeline goes in a circle: a -> a");
    }

    #[test]
    fn what_is_read_must_be_left_by_an_ancestor() {
        let alone = pipeline(&[
            ("scan", "security_assessment", &[]),
            ("rights", "permission_resolution", &[]),
            ("work", "tool_execution", &["scan"]),
        ]);
        let Err(error) = Dag::build(&alone) else { panic!("nobody leaves the permissions") };
        assert!(error.to_string().contains("permissions"), "{error}");
        let whole = pipeline(&[
            ("scan", "security_assessment", &[]),
            ("rights", "permission_resolution", &["scan"]),
            ("work", "tool_execution", &["rights"]),
        ]);
        assert_eq!(Dag::build(&whole).unwrap().order().len(), 3);
    }

    #[test]
    fn unknown_words_are_named() {
        assert!(matches!(Dag::build(&pipeline(&[("a", "dance", &[])])), Err(Error::UnknownStep { .. })));
        assert!(matches!(
            Dag::build(&pipeline(&[("a", "permission_resolution", &["ghost"])])),
            Err(Error::UnknownDependency { .. })
        ));
    }
}
