//! Two builds under one tag: the one that ends last would be what both services run.

use std::collections::BTreeMap;

use super::context::Context;
use crate::diagnostic::Diagnostic;
use crate::spec::code;
use crate::spec::types::Build;

/// Reports each tag that services give to different builds, at both.
pub(super) fn report(context: &mut Context<'_>) {
    let spec = context.spec;
    let mut first: BTreeMap<String, (&str, &Build)> = BTreeMap::new();
    for (name, service) in &spec.services {
        let Some(build) = &service.build else { continue };
        let image = service.image.iter().map(|image| (image, "image"));
        for (tag, key) in image.chain(build.tags.iter().map(|tag| (tag, "build"))).filter(|(tag, _)| !tag.is_empty()) {
            let (other, of_other) = *first.entry(whole(tag)).or_insert((name.as_str(), build));
            if of_other == build {
                continue;
            }
            let message = format!("`{other}` and `{name}` build different things under one tag: `{tag}`");
            let there = context.places.nearest(&["services", other, "image"]);
            let finding = Diagnostic::error(code::DISAGREE, message).related(there, "and here");
            let help = "give each its own tag; to share an image, build it in one of them only";
            context.report(finding.help(help), &["services", name.as_str(), key], "the same tag");
        }
    }
}

/// A tag with the part that may be left out.
fn whole(tag: &str) -> String {
    let name = tag.rsplit('/').next().unwrap_or(tag);
    if name.contains([':', '@']) { tag.to_owned() } else { format!("{tag}:latest") }
}
