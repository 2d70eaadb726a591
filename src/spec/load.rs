//! From files to the typed spec.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use super::environment::Sources;
use super::interpolate::Variables;
use super::loader::Loader;
use super::told::Told;
use super::{Reader, Spec, checks, code, name, normalize, typed};
use crate::diagnostic::Diagnostic;
use crate::place::Place;
use crate::yaml::{Node, Path, Step};

/// What to load.
#[derive(Debug, Clone)]
pub struct Request {
    /// The files, at least one, later ones over earlier ones; absolute, or `-` for standard input.
    pub files: Vec<Utf8PathBuf>,
    /// Folder that relative paths start from, absolute.
    pub folder: Utf8PathBuf,
    /// Folder that paths in messages start from, absolute.
    pub shown_from: Utf8PathBuf,
    /// Name of the environment, over the one in the files and the folder's.
    pub name: Option<String>,
    /// Profiles that are on; `*` is all.
    pub profiles: Vec<String>,
    /// Variables: of the process, and of `.env` or what stands for it.
    pub variables: Variables,
    /// Whether variables in values are replaced.
    pub interpolate: bool,
}

/// What was loaded.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The spec.
    pub spec: Spec,
    /// The merged tree in long form that the spec was read from: it knows where each value stands.
    pub tree: Node,
    /// Legal, but surely not meant.
    pub warnings: Vec<Diagnostic>,
    /// The variables that values were filled with.
    pub variables: Variables,
    /// The files that were asked for, `-` among them.
    pub main_files: Vec<Utf8PathBuf>,
    /// Every file that was read, `-` excepted: spec files, included ones, and files of variables.
    pub files: Vec<Utf8PathBuf>,
}

impl Loaded {
    /// Where a value was set, such as `services.web.environment.DEBUG`. Of a value that follows from another, such as a
    /// variable from a file, the nearest place above it; of one that is a default, none.
    pub fn place(&self, path: &[&str]) -> Option<&Place> {
        let mut node = &self.tree;
        for (depth, step) in path.iter().enumerate() {
            let below = match step.parse::<usize>() {
                Ok(index) if node.as_list().is_some() => node.as_list().and_then(|list| list.get(index)),
                _ => node.get(step),
            };
            match below {
                Some(below) => node = below,
                None if depth < 2 => return None,
                None => break,
            }
        }
        Some(&node.place)
    }

    /// The node of a path such as `services.web.ports[0]`; keys with dots in them are found too.
    pub fn find(&self, path: &Path) -> Option<&Node> {
        find(&self.tree, &path.0)
    }
}

fn find<'a>(node: &'a Node, steps: &[Step]) -> Option<&'a Node> {
    let Some((first, rest)) = steps.split_first() else { return Some(node) };
    if let Step::Index(index) = first
        && let Some(list) = node.as_list()
    {
        return find(list.get(*index)?, rest);
    }
    // A key may have dots: `labels.com.example.team` is tried as one step, then two, and so on.
    let mut key = String::new();
    for (count, step) in steps.iter().enumerate() {
        if count > 0 {
            key.push('.');
        }
        match step {
            Step::Key(part) => key.push_str(part),
            Step::Index(index) => key.push_str(&index.to_string()),
        }
        if let Some(below) = node.get(&key)
            && let Some(found) = find(below, &steps[count + 1..])
        {
            return Some(found);
        }
    }
    None
}

/// Loads a spec.
///
/// # Errors
/// Every mistake found, with the warnings among them.
pub fn load(request: &Request, reader: &dyn Reader) -> Result<Loaded, Vec<Diagnostic>> {
    let mut loader = Loader::new(request, reader);
    let name = project_name(request, &mut loader);
    loader.variables.insert("COMPOSE_PROJECT_NAME".to_owned(), name.clone());
    let variables = loader.variables.clone();
    let mut tree = loader.model(&request.files, &request.folder, &variables);
    let mut said = std::mem::take(&mut loader.said);
    if said.errors().iter().any(hides_the_rest) {
        return Err(said.in_order());
    }
    let mut broken = BTreeSet::new();
    let mut spec = typed::spec(&mut tree, &mut broken, &mut said);
    if said.is_enough() {
        return Err(said.in_order());
    }
    spec.name = name;
    spec.folder.clone_from(&request.folder);
    let sources = Sources { reader, variables: &variables, shown_from: &request.shown_from };
    normalize::spec(&mut spec, &request.profiles);
    normalize::with_files(&mut spec, &tree, &sources, &mut loader.files, &mut said);
    checks::all(&spec, &tree, &broken, &mut said);
    let warnings = if_right(said)?;
    let main_files = request.files.clone();
    Ok(Loaded { spec, tree, warnings, variables, main_files, files: loader.files })
}

/// The merged tree with its variables not replaced, and warnings.
///
/// # Errors
/// Every mistake found so far: types are not read.
pub fn raw(request: &Request, reader: &dyn Reader) -> Result<(Node, Vec<Diagnostic>), Vec<Diagnostic>> {
    let request = Request { interpolate: false, ..request.clone() };
    let mut loader = Loader::new(&request, reader);
    let name = project_name(&request, &mut loader);
    let variables = loader.variables.clone();
    let mut tree = loader.model(&request.files, &request.folder, &variables);
    let warnings = if_right(loader.said)?;
    normalize::raw(&mut tree, &name);
    Ok((tree, warnings))
}

/// A text that could not be read is missing from the tree, so what others say of it would look wrong too.
fn hides_the_rest(diagnostic: &Diagnostic) -> bool {
    let hiding = [code::SYNTAX, code::TOO_MUCH, code::ALIAS, code::FILE, code::ENCODING, code::EMPTY];
    let building = [code::EXTENDS, code::CYCLE_OF_FILES];
    hiding.contains(&diagnostic.code) || building.contains(&diagnostic.code)
}

/// The warnings, if nothing is wrong.
fn if_right(said: Told) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
    let is_wrong = !said.errors().is_empty();
    let said = said.in_order();
    if is_wrong { Err(said) } else { Ok(said) }
}

/// The name of the environment: asked for, said by the last file that says one, or the folder's.
fn project_name(request: &Request, loader: &mut Loader<'_>) -> String {
    if let Some(name) = &request.name {
        loader.said.extend(refused_name(name));
        return name.clone();
    }
    let said: Vec<_> = request.files.iter().flat_map(|file| loader.names(file)).collect();
    match said.into_iter().rfind(|(written, _)| !written.is_empty()) {
        Some((written, place)) => {
            let name = name::from_folder(&written);
            if refused_name(&name).is_some() {
                loader.said.push(no_name(&written).at(place, ""));
            }
            name
        }
        None => {
            let name = from_folder(&request.folder);
            if let Some(real) = loader.real_path(&request.folder)
                && from_folder(&real) != name
            {
                let told = format!("the environment has the name `{name}` from a symbolic link to {real}");
                let help = format!("write `name: {name}` in the file, so that it is the same one from each folder");
                loader.said.push(Diagnostic::warning(code::NAME, told).help(help));
            }
            name
        }
    }
}

/// The mistake that a name of an environment is, if it cannot be one.
pub fn refused_name(name: &str) -> Option<Diagnostic> {
    (!name::is_project(name)).then(|| no_name(name))
}

fn no_name(name: &str) -> Diagnostic {
    Diagnostic::error(code::NAME, format!("`{name}` cannot be the name of an environment"))
        .help("use lowercase letters, digits, `-` and `_`, and begin with a letter or a digit")
}

fn from_folder(folder: &Utf8Path) -> String {
    let name = name::from_folder(folder.file_name().unwrap_or_default());
    if name.is_empty() { "default".to_owned() } else { name }
}
