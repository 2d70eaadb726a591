//! The services' order: what must be there first, cycles with their path, waves, closures. petgraph is named here only.
//!
//! Everything is deterministic: the same project gives the same order.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use petgraph::Direction;
use petgraph::algo::{tarjan_scc, toposort};
use petgraph::graph::{DiGraph, NodeIndex};

use crate::model::{Project, ServiceName};

/// Which service needs which. An edge goes from the one that is needed to the one that needs it.
#[derive(Debug)]
pub struct Graph<'a> {
    graph: DiGraph<&'a ServiceName, ()>,
    index: BTreeMap<&'a ServiceName, NodeIndex>,
}

/// Services that wait for each other, each needing the next, the first of them again at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle(pub Vec<ServiceName>);

impl fmt::Display for Cycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, name) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(" → ")?;
            }
            name.fmt(f)?;
        }
        Ok(())
    }
}

impl<'a> Graph<'a> {
    /// The graph of a project's active services, whoever runs them. What depends on a service that is not active has no
    /// edge for it.
    pub fn of(project: &'a Project) -> Self {
        let services = project.services.iter().map(|(name, service)| (name, &service.depends_on));
        let providers = project.providers.iter().map(|(name, provider)| (name, &provider.depends_on));
        let all: Vec<_> = services.chain(providers).collect();
        let mut graph = DiGraph::with_capacity(all.len(), all.len());
        let index: BTreeMap<_, _> = all.iter().map(|(name, _)| (*name, graph.add_node(*name))).collect();
        for (name, depends_on) in all {
            for needed in depends_on.keys() {
                if let Some(&from) = index.get(needed) {
                    graph.add_edge(from, index[name], ());
                }
            }
        }
        Self { graph, index }
    }

    /// What depends on nothing first, then what depends on that, and so on; by name within a wave.
    pub fn waves(&self) -> Result<Vec<Vec<&'a ServiceName>>, Cycle> {
        let order = toposort(&self.graph, None).map_err(|_| self.cycle())?;
        let mut depth = vec![0; self.graph.node_count()];
        let mut waves: Vec<Vec<&'a ServiceName>> = Vec::new();
        for at in order {
            let needs = self.graph.neighbors_directed(at, Direction::Incoming);
            let wave = needs.map(|needed| depth[needed.index()] + 1).max().unwrap_or(0);
            depth[at.index()] = wave;
            waves.resize_with(waves.len().max(wave + 1), Vec::new);
            waves[wave].push(self.graph[at]);
        }
        waves.iter_mut().for_each(|wave| wave.sort());
        Ok(waves)
    }

    /// All services, each behind what it needs.
    pub fn order(&self) -> Result<Vec<&'a ServiceName>, Cycle> {
        Ok(self.waves()?.into_iter().flatten().collect())
    }

    /// The same, with each second service of these pairs behind the first where that is possible.
    pub fn order_with(&self, wishes: &[(&ServiceName, &ServiceName)]) -> Result<Vec<&'a ServiceName>, Cycle> {
        let mut graph = self.graph.clone();
        for (first, second) in wishes {
            if let (Some(&first), Some(&second)) = (self.index.get(first), self.index.get(second)) {
                graph.add_edge(first, second, ());
            }
        }
        Self { graph, index: self.index.clone() }.order().or_else(|_| self.order())
    }

    /// What needs this service directly.
    pub fn dependents(&self, name: &ServiceName) -> BTreeSet<&'a ServiceName> {
        self.neighbours(name, Direction::Outgoing)
    }

    /// What this service needs directly.
    pub fn dependencies(&self, name: &ServiceName) -> BTreeSet<&'a ServiceName> {
        self.neighbours(name, Direction::Incoming)
    }

    /// The targets and everything that they need, directly or not. Names of no active service are left out.
    pub fn closure(&self, targets: &BTreeSet<ServiceName>) -> BTreeSet<&'a ServiceName> {
        let mut open: Vec<_> = targets.iter().filter_map(|name| self.index.get(name).copied()).collect();
        let mut found = BTreeSet::new();
        while let Some(at) = open.pop() {
            if found.insert(self.graph[at]) {
                open.extend(self.graph.neighbors_directed(at, Direction::Incoming));
            }
        }
        found
    }

    fn neighbours(&self, name: &ServiceName, direction: Direction) -> BTreeSet<&'a ServiceName> {
        let Some(&at) = self.index.get(name) else { return BTreeSet::new() };
        self.graph.neighbors_directed(at, direction).map(|next| self.graph[next]).collect()
    }

    /// The path around the cycle that holds the first name of all.
    fn cycle(&self) -> Cycle {
        let component = tarjan_scc(&self.graph)
            .into_iter()
            .filter(|component| component.len() > 1 || self.graph.contains_edge(component[0], component[0]))
            .map(|component| component.into_iter().map(|at| self.graph[at]).collect::<BTreeSet<_>>())
            .min()
            .expect("what has no topological order has a cycle");
        let first = *component.first().expect("a component has a member");
        let mut path = vec![first];
        let mut seen = BTreeSet::from([first]);
        // Every member needs another member, so following the first one in name comes round to one that was seen.
        loop {
            let last = path[path.len() - 1];
            let next = *self
                .dependencies(last)
                .iter()
                .find(|name| component.contains(*name))
                .expect("a member of a cycle needs another one");
            path.push(next);
            if !seen.insert(next) {
                let start = path.iter().position(|name| *name == next).expect("it was seen on the path");
                return Cycle(path[start..].iter().map(|name| (*name).clone()).collect());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Condition, Dependency, Fixed, ImageSource, PullPolicy, Service};

    fn project(edges: &[(&str, &[&str])]) -> Project {
        let dependency = Dependency { condition: Condition::ServiceStarted, restart: false, required: true };
        let services = edges
            .iter()
            .map(|(name, needs)| {
                let service = Service {
                    source: ImageSource::Pull(PullPolicy::Missing),
                    scale: 1,
                    container_name: None,
                    fixed: Fixed::of("busybox".into()),
                    tunable: Default::default(),
                    networks: Default::default(),
                    depends_on: needs.iter().map(|need| ((*need).into(), dependency)).collect(),
                    update: Default::default(),
                    rollback: Default::default(),
                    scheduling: Default::default(),
                    hooks: Default::default(),
                    gate: Default::default(),
                    job: false,
                    lossy: Default::default(),
                    ignore_changes: Default::default(),
                    urls: Vec::new(),
                };
                ((*name).into(), service)
            })
            .collect();
        Project { services, ..Project::nothing("lab".into()) }
    }

    fn names<'a>(names: impl IntoIterator<Item = &'a ServiceName>) -> String {
        names.into_iter().map(ServiceName::as_str).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn each_wave_needs_only_what_stands_before_it() {
        let project = project(&[("web", &["app"]), ("app", &["db", "cache"]), ("db", &[]), ("cache", &[]), ("z", &[])]);
        let waves = Graph::of(&project).waves().unwrap();
        assert_eq!(
            waves.iter().map(|wave| names(wave.iter().copied())).collect::<Vec<_>>(),
            ["cache db z", "app", "web"]
        );
    }

    #[test]
    fn a_cycle_is_told_with_its_path() {
        let project = project(&[("a", &["b"]), ("b", &["c"]), ("c", &["d", "b"]), ("d", &[])]);
        assert_eq!(Graph::of(&project).order().unwrap_err().to_string(), "b → c → b");
    }

    #[test]
    fn a_service_that_needs_itself_is_a_cycle() {
        assert_eq!(Graph::of(&project(&[("a", &["a"])])).order().unwrap_err().to_string(), "a → a");
    }

    #[test]
    fn targets_bring_what_they_need() {
        let project = project(&[("web", &["app"]), ("app", &["db"]), ("db", &[]), ("other", &["db"])]);
        let graph = Graph::of(&project);
        assert_eq!(names(graph.closure(&["app".into(), "nobody".into()].into())), "app db");
        assert_eq!(names(graph.dependents(&"db".into())), "app other");
    }

    #[test]
    fn a_wish_is_granted_unless_it_goes_round() {
        let project = project(&[("a", &[]), ("b", &[]), ("c", &["a"])]);
        let graph = Graph::of(&project);
        let (a, b, c) = (&"a".into(), &"b".into(), &"c".into());
        assert_eq!(names(graph.order_with(&[(b, a)]).unwrap()), "b a c");
        assert_eq!(names(graph.order_with(&[(c, a)]).unwrap()), "a b c");
    }

    #[test]
    fn an_inactive_dependency_is_no_edge() {
        let project = project(&[("web", &["debug"])]);
        assert_eq!(names(Graph::of(&project).order().unwrap()), "web");
    }
}
