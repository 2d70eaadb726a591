//! What configs and secrets hold, read once each.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;

use super::context::Context;
use crate::diagnostic::Diagnostic;
use crate::model::{Content, ContentId, FileKind};
use crate::spec::code;
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

/// A config or secret by its key.
struct Object<'a> {
    section: &'static str,
    word: &'static str,
    key: &'a str,
}

impl Object<'_> {
    fn report(&self, finding: Diagnostic, attribute: &str, label: &str, context: &mut Context<'_>) {
        context.report(finding, &[self.section, self.key, attribute], label);
    }
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
    let this = match kind {
        FileKind::Config => Object { section: "configs", word: "config", key },
        FileKind::Secret => Object { section: "secrets", word: "secret", key },
    };
    let elsewhere = [
        (*external, "external", "is kept elsewhere"),
        (driver.is_some(), "driver", "comes from a driver"),
        (template_driver.is_some(), "template_driver", "is a template"),
    ];
    let elsewhere: Vec<_> = elsewhere.into_iter().filter(|(is, ..)| *is).collect();
    for (_, attribute, why) in &elsewhere {
        let message = format!("{} `{key}` {why}, which only Swarm can deliver", this.word);
        let help = "give it a `file:`, a `content:` or an `environment:` variable";
        let finding = Diagnostic::error(code::CONTENT_ELSEWHERE, message).help(help);
        this.report(finding, attribute, "dsenv cannot read this", context);
    }
    if !elsewhere.is_empty() {
        return None;
    }
    if !labels.is_empty() {
        let Object { section, word, .. } = this;
        let message = format!("`labels` of {word} `{key}` have no effect: only Swarm keeps {section} as objects");
        let finding = Diagnostic::warning(code::NO_EFFECT, message).help("remove them");
        this.report(finding, "labels", "no effect", context);
    }
    match (content, environment, file) {
        (Some(text), ..) => Some(Content::new(text.as_bytes())),
        (None, Some(variable), _) => of_variable(&this, variable, context),
        (None, None, file) => of_file(&this, Utf8Path::new(file.as_deref()?), context),
    }
}

fn of_variable(this: &Object<'_>, variable: &str, context: &mut Context<'_>) -> Option<Content> {
    let lent = || context.lent.get(&(this.section.to_owned(), this.key.to_owned()))?.get(variable);
    if let Some(value) = context.environment.get(variable).or_else(lent) {
        return Some(Content::new(value.as_bytes()));
    }
    let message = format!("{} `{}` takes the variable `{variable}`, which is not set", this.word, this.key);
    let help = format!("set it in the shell, in `.env`, or in a file given by `--env-file`: {variable}=…");
    let finding = Diagnostic::error(code::CONTENT_VARIABLE, message).help(help);
    this.report(finding, "environment", "not set", context);
    None
}

fn of_file(this: &Object<'_>, path: &Utf8Path, context: &mut Context<'_>) -> Option<Content> {
    let Object { word, key, .. } = this;
    let (message, help) = match context.reader.read(path, LARGEST) {
        Ok(bytes) if bytes.len() as u64 <= LARGEST => return Some(Content::new(bytes)),
        Ok(_) => (
            format!("{word} `{key}` is larger than {} MiB", LARGEST >> 20),
            "mount a file of this size under `volumes:`",
        ),
        Err(error) => (
            format!("{word} `{key}` cannot be read from {path}: {error}"),
            "make the file, or correct the path; it starts from the spec's folder",
        ),
    };
    this.report(Diagnostic::error(code::CONTENT_FILE, message).help(help), "file", "cannot be read", context);
    None
}
