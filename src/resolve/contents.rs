//! What configs and secrets hold, read once each.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;

use super::codes;
use super::context::Context;
use crate::diagnostic::Diagnostic;
use crate::model::{Content, ContentId, FileKind};
use crate::spec::types::{FileObject, Service};

/// The largest content. It is held in memory and carried to the engine at each change.
const LARGEST: u64 = 16 << 20;

/// What configs and secrets hold.
#[derive(Default)]
pub(super) struct Contents {
    ids: BTreeMap<(FileKind, String), ContentId>,
    /// The bytes by id.
    pub bytes: BTreeMap<ContentId, Content>,
}

impl Contents {
    /// The content of a config or secret, unless it could not be had, which is reported already.
    pub fn id(&self, kind: FileKind, key: &str) -> Option<&ContentId> {
        self.ids.get(&(kind, key.to_owned()))
    }

    /// Reads what the services use; mistakes are reported at the config or secret.
    pub fn read(context: &mut Context<'_>) -> Self {
        let mut contents = Self::default();
        let used: BTreeSet<(FileKind, String)> = context.spec.services.values().flat_map(used_by).collect();
        for (kind, key) in used {
            let objects = match kind {
                FileKind::Config => &context.spec.configs,
                FileKind::Secret => &context.spec.secrets,
            };
            let Some(object) = objects.get(&key) else { continue };
            if let Some(content) = read(kind, &key, object, context) {
                contents.ids.insert((kind, key), content.id());
                contents.bytes.insert(content.id(), content);
            }
        }
        contents
    }
}

fn used_by(service: &Service) -> impl Iterator<Item = (FileKind, String)> {
    let built_with = service.build.iter().flat_map(|build| &build.secrets);
    let secrets = service.secrets.iter().chain(built_with).map(|grant| (FileKind::Secret, grant));
    let all = service.configs.iter().map(|grant| (FileKind::Config, grant)).chain(secrets);
    all.filter_map(|(kind, grant)| Some((kind, grant.source.clone()?)))
}

fn read(kind: FileKind, key: &str, object: &FileObject, context: &mut Context<'_>) -> Option<Content> {
    let FileObject {
        name: _,
        file,
        environment,
        content,
        external,
        labels,
        driver,
        driver_opts: _,
        template_driver,
        extensions: _,
    } = object;
    let (section, word) = match kind {
        FileKind::Config => ("configs", "config"),
        FileKind::Secret => ("secrets", "secret"),
    };
    let elsewhere = [
        (*external, "external", "is kept elsewhere"),
        (driver.is_some(), "driver", "comes from a driver"),
        (template_driver.is_some(), "template_driver", "is a template"),
    ];
    for (_, attribute, why) in elsewhere.iter().filter(|(is, ..)| *is) {
        let message = format!("{word} `{key}` {why}, which only Swarm can deliver");
        let finding = Diagnostic::error(codes::CONTENT_ELSEWHERE, message);
        let help = "give it a `file:`, a `content:` or an `environment:` variable";
        context.report(finding.help(help), &[section, key, attribute], "dsenv cannot read this");
    }
    if elsewhere.iter().any(|(is, ..)| *is) {
        return None;
    }
    if !labels.is_empty() {
        let message = format!("`labels` of {word} `{key}` have no effect: only Swarm keeps {section} as objects");
        let finding = Diagnostic::warning(codes::NO_EFFECT, message).help("remove them");
        context.report(finding, &[section, key, "labels"], "no effect");
    }
    if let Some(text) = content {
        return Some(Content::new(text.as_bytes()));
    }
    if let Some(variable) = environment {
        let Some(value) = context.environment.get(variable) else {
            let message = format!("{word} `{key}` takes the variable `{variable}`, which is not set");
            let finding = Diagnostic::error(codes::CONTENT_VARIABLE, message);
            let help = format!("set it in the shell, in `.env`, or in a file given by `--env-file`: {variable}=…");
            context.report(finding.help(help), &[section, key, "environment"], "not set");
            return None;
        };
        return Some(Content::new(value.as_bytes()));
    }
    let path = Utf8Path::new(file.as_deref()?);
    match context.reader.read(path, LARGEST) {
        Ok(bytes) if bytes.len() as u64 > LARGEST => {
            let message = format!("{word} `{key}` is larger than {} MiB", LARGEST >> 20);
            let finding = Diagnostic::error(codes::CONTENT_FILE, message);
            context.report(finding.help("mount a file of this size under `volumes:`"), &[section, key, "file"], "");
            None
        }
        Ok(bytes) => Some(Content::new(bytes)),
        Err(error) => {
            let message = format!("{word} `{key}` cannot be read from {path}: {error}");
            let finding = Diagnostic::error(codes::CONTENT_FILE, message);
            let help = "make the file, or correct the path; it starts from the spec's folder";
            context.report(finding.help(help), &[section, key, "file"], "cannot be read");
            None
        }
    }
}
