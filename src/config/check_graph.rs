//! Checks what depends on what: steps in the pipeline, roles in the registry.
//!
//! A cycle is named as a whole, one for each knot of nodes that wait for each other.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::nearest::suggest;
use super::node::Node;
use super::redact::quote;
use super::schema::Loaded;
use super::violation::Violation;

/// How the nodes of one kind are written.
struct Kind {
    /// The word in messages.
    word: &'static str,
    /// Where the list stands.
    list: &'static [&'static str],
    /// The key of the dependencies.
    needs: &'static str,
    /// Whether cycles are refused.
    acyclic: bool,
}

/// Checks the pipeline's steps: duplicate ids, unknown dependencies, cycles.
pub(super) fn check_steps(loaded: &Loaded, report: &mut Vec<Violation>) {
    let kind = Kind { word: "step", list: &["spec", "dag", "nodes"], needs: "deps", acyclic: true };
    check(loaded, &kind, report);
}

/// Checks the roles: duplicate ids (always), unknown dependencies, cycles if `requireDAG` (the default).
pub(super) fn check_roles(loaded: &Loaded, report: &mut Vec<Violation>) {
    let acyclic = loaded.node.at(&["spec", "constraints", "requireDAG"]).and_then(Node::flag).unwrap_or(true);
    let kind = Kind { word: "role", list: &["spec", "roles"], needs: "dependsOn", acyclic };
    check(loaded, &kind, report);
}

/// A dependency as it is written, by the indices of its two ends.
type Edge<'a> = ((usize, usize), &'a Node);

fn check(loaded: &Loaded, kind: &Kind, report: &mut Vec<Violation>) {
    let items: Vec<&Node> = loaded.node.list(kind.list).iter().collect();
    let ids = collect_ids(loaded, kind, &items, report);
    let mut edges: Vec<Edge<'_>> = Vec::new();
    for (from, item) in items.iter().enumerate() {
        for (need, at) in item.texts(&[kind.needs]) {
            match ids.get(need) {
                Some(to) => edges.push(((from, *to), at)),
                None => {
                    let message = format!("there is no {} {}", kind.word, quote(need));
                    let help = suggest(need, ids.keys().copied(), report.len());
                    let code = "iao::config::unknown_dependency";
                    report.push(loaded.source.violation(code, at.span.clone(), message, help));
                }
            }
        }
    }
    if kind.acyclic {
        check_cycles(loaded, kind, &items, &edges, report);
    }
}

fn collect_ids<'a>(
    loaded: &'a Loaded,
    kind: &Kind,
    items: &[&'a Node],
    report: &mut Vec<Violation>,
) -> BTreeMap<&'a str, usize> {
    let mut ids = BTreeMap::new();
    for (index, item) in items.iter().enumerate() {
        let Some((at, id)) = item.get("id").and_then(|at| Some((at, at.text()?))) else { continue };
        if ids.contains_key(id) {
            let message = format!("a second {} has the id {}", kind.word, quote(id));
            let help = "give each an id of its own";
            report.push(loaded.source.violation("iao::config::duplicate_id", at.span.clone(), message, help));
        } else {
            ids.insert(id, index);
        }
    }
    ids
}

fn check_cycles(
    loaded: &Loaded,
    kind: &Kind,
    items: &[&Node],
    edges: &[Edge<'_>],
    report: &mut Vec<Violation>,
) {
    let graph = DiGraph::<(), ()>::from_edges(edges.iter().map(|((from, to), _)| (*from as u32, *to as u32)));
    let id = |index: usize| items[index].get("id").and_then(Node::text).unwrap_or_default();
    for knot in kosaraju_scc(&graph) {
        let first = knot.iter().map(|node| node.index()).min().unwrap_or_default();
        let Some(cycle) = shortest_cycle(&graph, first, &knot) else { continue };
        let names: Vec<&str> = cycle.iter().map(|index| id(*index)).collect();
        let step = (cycle[0], cycle[1]);
        let at = edges.iter().find(|(ends, _)| *ends == step).map_or(0..0, |(_, at)| at.span.clone());
        let message = format!("the {}s wait for each other: {}", kind.word, names.join(" -> "));
        let help = format!("take one of these out of its `{}`", kind.needs);
        report.push(loaded.source.violation("iao::config::cycle", at, message, help));
    }
}

/// Returns a shortest way from a node back to itself within its knot, both ends named; `None` when there is none.
fn shortest_cycle(graph: &DiGraph<(), ()>, start: usize, knot: &[NodeIndex]) -> Option<Vec<usize>> {
    let knot: BTreeSet<usize> = knot.iter().map(|node| node.index()).collect();
    let mut came_from: BTreeMap<usize, usize> = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(at) = queue.pop_front() {
        // petgraph lists the newest edge first; the document's first one shall win.
        let mut next: Vec<usize> = graph.neighbors(NodeIndex::new(at)).map(NodeIndex::index).collect();
        next.reverse();
        for to in next {
            if to == start {
                let mut way = vec![start, at];
                while let Some(before) = came_from.get(way.last()?) {
                    way.push(*before);
                }
                way.dedup();
                way.reverse();
                if way.len() == 1 {
                    way.push(start);
                }
                return Some(way);
            }
            if knot.contains(&to) && !came_from.contains_key(&to) {
                came_from.insert(to, at);
                queue.push_back(to);
            }
        }
    }
    None
}
