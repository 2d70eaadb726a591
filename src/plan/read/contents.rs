//! Configs whose content changes: what a container holds of one until now is read from the engine, and what differs is
//! told line by line. Contents of secrets are never read.

use std::collections::{BTreeMap, BTreeSet};

use crate::diff::{self, Hunk};
use crate::model::{Address, Content, ContentId, FileKind, FileMount, ImageSource, Key, Project};
use crate::plan::vocabulary::{Action, Plan, Reason};
use crate::state::{Container, ContainerId, Observed};

/// Lines that differ, by the resource and the path of the field that tells of the change.
pub type Contents = BTreeMap<(Address, String), Vec<Hunk>>;

/// Equal lines shown around those that differ.
const AROUND: usize = 2;
/// A text that is longer is nothing to read in a plan.
const LONGEST: usize = 1 << 20;
/// A shorter secret would hide half of every text.
const SHORTEST: usize = 4;

/// A config that another content takes the place of, in all containers that are replaced for it.
#[derive(Debug)]
pub struct ChangedConfig<'a> {
    /// One that holds the old content.
    pub container: &'a ContainerId,
    /// Where it is in the container.
    pub target: &'a str,
    before: ContentId,
    after: &'a Content,
    fields: Vec<(Address, String)>,
}

/// The configs that change, each once.
pub fn changed_configs<'a>(plan: &'a Plan, project: &'a Project, observed: &'a Observed) -> Vec<ChangedConfig<'a>> {
    let mut containers: Option<BTreeMap<&str, &Container>> = None;
    let mut changed: BTreeMap<(ContentId, &ContentId), ChangedConfig<'a>> = BTreeMap::new();
    for change in plan.changes.iter().filter(|change| change.action == Action::Replace) {
        let fields = change.reasons.iter().filter_map(|reason| match reason {
            Reason::Changed(fields) => Some(fields),
            _ => None,
        });
        for path in fields.flatten().map(|field| field.change.path.as_str()) {
            let Some(target) = path.strip_prefix("files.").and_then(|path| path.strip_suffix(".content")) else {
                continue;
            };
            let all = || observed.containers.iter().map(|container| (container.name.as_str(), container)).collect();
            let Some(container) = containers.get_or_insert_with(all).get(change.name.as_str()) else { continue };
            let service = change.address.service().and_then(|name| project.services.get(name));
            let Some(wanted) = service.and_then(|service| service.fixed.files.get(target)) else { continue };
            let Some(created) = created_with(container, target) else { continue };
            if wanted.kind != FileKind::Config || created.kind != FileKind::Config {
                continue;
            }
            let Some(after) = project.contents.get(&wanted.content) else { continue };
            let config = changed.entry((created.content.clone(), &wanted.content)).or_insert_with(|| ChangedConfig {
                container: &container.id,
                target,
                before: created.content,
                after,
                fields: Vec::new(),
            });
            config.fields.push((change.address.clone(), path.to_owned()));
        }
    }
    changed.into_values().collect()
}

fn created_with(container: &Container, target: &str) -> Option<FileMount> {
    container.record.as_ref()?.files().remove(target)
}

impl ChangedConfig<'_> {
    /// Tells what differs from what was found in the container. Nothing, if that is no text, or not what the container
    /// was created with.
    pub fn tell(self, found: &Content, key: &Key, secrets: &BTreeSet<String>, contents: &mut Contents) {
        let text = |content: &'_ Content| {
            let short = content.bytes().len() <= LONGEST && !content.bytes().contains(&0);
            String::from_utf8(content.bytes().to_vec()).ok().filter(|_| short)
        };
        if found.id().keyed(key) != self.before {
            return;
        }
        let (Some(before), Some(after)) = (text(found), text(self.after)) else { return };
        let mut secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
        // One may be the beginning of another.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        let hunks = diff::concealed_hunks(&before, &after, AROUND, &secrets);
        contents.extend(self.fields.into_iter().map(|field| (field, hunks.clone())));
    }
}

/// The values that must not be seen in a config: contents of secrets, and variables with the name of one.
pub fn secrets(project: &Project, observed: &Observed) -> BTreeSet<String> {
    let mut secrets = BTreeSet::new();
    let mut add = |text: &str| {
        secrets.extend(text.lines().map(str::trim).filter(|line| line.len() >= SHORTEST).map(str::to_owned))
    };
    for service in project.services.values() {
        let files = service.fixed.files.values().filter(|file| file.kind == FileKind::Secret);
        let built = match &service.source {
            ImageSource::Build(build, _) => Some(build.secrets.values().map(|secret| &secret.content)),
            ImageSource::Pull(_) => None,
        };
        let ids = files.map(|file| &file.content).chain(built.into_iter().flatten());
        let contents = ids.filter_map(|id| project.contents.get(id));
        contents.filter_map(|content| std::str::from_utf8(content.bytes()).ok()).for_each(&mut add);
    }
    let asked = project.services.values().map(|service| &service.fixed.environment);
    let live = observed.containers.iter().map(|container| &container.environment);
    for (_, value) in asked.chain(live).flatten().filter(|(name, _)| diff::secret_name(name)) {
        value.iter().for_each(|value| add(value));
    }
    secrets
}
