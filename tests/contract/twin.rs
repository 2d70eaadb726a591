//! The twin on the bench.

use async_trait::async_trait;
use dsenv::engine::Engine;
use dsenv::engine::memory::Memory;
use dsenv::model::{Fixed, ProjectName};
use dsenv::state::ContainerId;

use crate::lab::Bench;

struct Twin {
    memory: Memory,
    project: ProjectName,
}

/// A world of its own for each contract.
pub fn twin() -> impl Bench {
    Twin { memory: Memory::new(), project: "dsenvtest-twin".into() }
}

#[async_trait]
impl Bench for Twin {
    fn engine(&self) -> &dyn Engine {
        &self.memory
    }

    fn project(&self) -> &ProjectName {
        &self.project
    }

    async fn fixed(&self, container: &ContainerId) -> Fixed {
        self.memory.fixed(container).unwrap()
    }

    async fn pause(&self, container: &ContainerId) {
        self.memory.pause(container).unwrap();
    }

    async fn kick(&self, container: &ContainerId) {
        self.memory.remove(container).unwrap();
    }

    fn unsupported(&self) -> &[&'static str] {
        &[]
    }

    async fn clear(&self) {}
}
