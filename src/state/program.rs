//! What programs of the user's machine say of themselves.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

/// A program that runs services: what it says when it is asked for its metadata. All is empty where it does not know
/// the question; then it takes every option.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Program {
    /// For people.
    pub description: String,
    /// How a service is brought up.
    pub up: Command,
    /// How it is released.
    pub down: Command,
    /// How it is paused; `None`: it cannot be.
    pub stop: Option<Command>,
}

/// One of a program's commands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Command {
    /// The options that it takes; `None`: it does not say.
    pub parameters: Option<Vec<Parameter>>,
}

/// An option of a program's command.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Whether it must be given.
    pub required: bool,
}

impl Command {
    /// Whether it takes an option.
    pub fn takes(&self, option: &str) -> bool {
        self.names().any(|name| name == option)
    }

    /// The options that it takes.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parameters.iter().flatten().map(|parameter| parameter.name.as_str())
    }

    /// Those that it needs.
    pub fn needed(&self) -> impl Iterator<Item = &str> {
        let needed = self.parameters.iter().flatten().filter(|parameter| parameter.required);
        needed.map(|parameter| parameter.name.as_str())
    }
}

impl Program {
    /// Whether it says nothing of itself.
    pub fn is_silent(&self) -> bool {
        self.description.is_empty() && self.up.parameters.is_none() && self.down.parameters.is_none()
    }
}

/// Docker Model Runner, as its plug-in shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelRunner {
    /// Where containers reach it.
    pub endpoint: String,
    /// The models that it has, by every name that they go by.
    pub models: BTreeSet<String>,
    /// How models are configured; `None` where the plug-in cannot tell.
    pub configured: Option<BTreeMap<String, ModelConfig>>,
}

/// How a model is run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct ModelConfig {
    /// Most tokens of context.
    pub context_size: Option<u64>,
    /// Flags for the inference engine.
    pub runtime_flags: Vec<String>,
}

impl ModelRunner {
    /// A model's name in full: `smollm2` is `ai/smollm2:latest`.
    pub fn full_name(name: &str) -> String {
        let name = name.strip_prefix("docker.io/").or(name.strip_prefix("index.docker.io/")).unwrap_or(name);
        let name = match name.strip_prefix("hf.co/") {
            Some(rest) => format!("huggingface.co/{rest}").to_lowercase(),
            None if name.contains('/') => name.to_owned(),
            None => format!("ai/{name}"),
        };
        let last = name.rsplit('/').next().unwrap_or_default();
        if last.contains([':', '@']) { name } else { format!("{name}:latest") }
    }

    /// Whether a model is there.
    pub fn has(&self, model: &str) -> bool {
        let name = Self::full_name(model);
        self.models.iter().any(|known| Self::full_name(known) == name)
    }

    /// How a model is configured: not at all where the runner tells of no configuration. `None` where it cannot tell.
    pub fn config(&self, model: &str) -> Option<ModelConfig> {
        let name = Self::full_name(model);
        let configured = self.configured.as_ref()?;
        let found = configured.iter().find(|(known, _)| Self::full_name(known) == name);
        Some(found.map(|(_, config)| config.clone()).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_has_one_full_name() {
        let names = ["smollm2", "ai/smollm2", "docker.io/ai/smollm2:latest"].map(ModelRunner::full_name);
        assert_eq!(names, ["ai/smollm2:latest"; 3]);
        assert_eq!(ModelRunner::full_name("hf.co/Bart/Llama:Q4"), "huggingface.co/bart/llama:q4");
        assert_eq!(ModelRunner::full_name("registry.lan:5000/llm"), "registry.lan:5000/llm:latest");
    }
}
