//! From files to the typed spec.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use super::environment::Sources;
use super::interpolate::Variables;
use super::loader::Loader;
use super::told::{self, Told};
use super::types::Service;
use super::{Part, Reader, Spec, alone, checks, code, name, normalize, typed};
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
    /// Which services are named. Mistakes in those that are left out are a warning.
    pub part: Part,
    /// Variables: of the process, and of `.env` or what stands for it.
    pub variables: Variables,
    /// Whether variables in values are replaced.
    pub interpolate: bool,
}

/// Variables by name, by the section and key of the config or secret that takes them.
pub type Lent = BTreeMap<(String, String), BTreeMap<String, String>>;

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
    /// The variables that configs and secrets of included files have of their own.
    pub lent: Lent,
    /// The files that were asked for, `-` among them.
    pub main_files: Vec<Utf8PathBuf>,
    /// Every file that was read, `-` excepted: spec files, included ones, and files of variables.
    pub files: Vec<Utf8PathBuf>,
}

impl Loaded {
    /// The warnings of loading, and what was found later, in one list. A mistake that comes from a variable that is not
    /// set says so.
    pub fn said_with(&self, found: Vec<Diagnostic>) -> Vec<Diagnostic> {
        told::in_order(self.warnings.iter().cloned().chain(found))
    }
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

/// Why a spec could not be loaded, and the name of the environment all the same.
#[derive(Debug, Clone)]
pub struct Unloaded {
    /// Every mistake found, with the warnings among them.
    pub said: Vec<Diagnostic>,
    /// The name, or why it is not known, as [`name_of`] tells it.
    pub name: Result<String, Vec<Diagnostic>>,
}

/// Loads a spec.
///
/// # Errors
/// Every mistake found, with the warnings among them. Those of services that the request leaves out are none.
pub fn load(request: &Request, reader: &dyn Reader) -> Result<Loaded, Vec<Diagnostic>> {
    load_or_name(request, reader).map_err(|unloaded| unloaded.said)
}

/// The same for who can do with the name alone: the files are read once for both.
///
/// # Errors
/// As [`load`], with the name.
pub fn load_or_name(request: &Request, reader: &dyn Reader) -> Result<Loaded, Unloaded> {
    let mut loader = Loader::new(request, reader);
    let named = project_name(request, &mut loader);
    let name = known(&named, &loader);
    merged(request, reader, loader, named).map_err(|said| Unloaded { said, name })
}

fn merged(
    request: &Request,
    reader: &dyn Reader,
    loader: Loader<'_>,
    named: Result<String, Misnamed>,
) -> Result<Loaded, Vec<Diagnostic>> {
    let (read, tree, said) = files(request, reader, loader, named);
    if said.errors().iter().any(hides_the_rest) {
        return Err(said.in_order());
    }
    if request.part.is_whole() {
        return read.services(tree, said, BTreeMap::new()).map_err(|wrong| wrong.said);
    }
    let right = said.errors().is_empty();
    match read.services(tree.clone(), said.clone(), BTreeMap::new()) {
        Ok(loaded) => Ok(loaded),
        Err(wrong) if right => read.part(tree, said, wrong),
        Err(wrong) => anew(request, reader, &tree, wrong),
    }
}

/// One tree of the files and what they include, with what is said of it.
fn files<'a>(
    request: &'a Request,
    reader: &'a dyn Reader,
    mut loader: Loader<'a>,
    named: Result<String, Misnamed>,
) -> (Read<'a>, Node, Told) {
    let name = stand_in(named, &mut loader);
    loader.variables.insert("COMPOSE_PROJECT_NAME".to_owned(), name.clone());
    let variables = loader.variables.clone();
    let tree = loader.model(&request.files, &request.folder, &variables);
    let Loader { lent, files, said, .. } = loader;
    (Read { request, reader, name, variables, lent, files }, tree, said)
}

/// Reads the files again without the text of services that the request leaves out, since the text of some has mistakes. A
/// mistake that is still there belongs to what is asked for.
fn anew(request: &Request, reader: &dyn Reader, tree: &Node, wrong: Wrong) -> Result<Loaded, Vec<Diagnostic>> {
    let Wrong { said: mistakes, services } = wrong;
    let part = &request.part;
    let needed: BTreeSet<String> = part.needed(&services).into_iter().map(str::to_owned).collect();
    let written = tree.get("services").and_then(Node::as_map).into_iter().flatten();
    let others = written.map(|(key, _)| &key.text).filter(|name| !needed.contains(*name));
    let left_out: BTreeMap<_, _> =
        others.map(|name| (name.clone(), services.get(name).cloned().unwrap_or_default())).collect();
    // Standard input is read once.
    let once = request.files.iter().any(|file| file == "-");
    if once || left_out.is_empty() || !part.targets.iter().all(|name| services.contains_key(name)) {
        return Err(mistakes);
    }
    let mut loader = Loader::new(request, reader);
    loader.only = Some(needed.clone());
    let named = project_name(request, &mut loader);
    let (read, mut tree, mut said) = files(request, reader, loader, named);
    if !said.errors().is_empty() {
        return Err(mistakes);
    }
    // What one builds on was read for its sake.
    if let Some(written) = tree.get_mut("services").and_then(Node::as_map_mut) {
        written.retain(|key, _| needed.contains(&key.text));
    }
    said.extend(Part::left_out(&mistakes));
    read.services(tree, said, left_out).map_err(|wrong| wrong.said)
}

/// What was loaded without the services that the request leaves out, because of mistakes that were found later.
///
/// # Errors
/// When it leaves nothing out: the mistakes again.
pub fn narrow(
    loaded: Loaded,
    request: &Request,
    reader: &dyn Reader,
    mistakes: Vec<Diagnostic>,
) -> Result<Loaded, Vec<Diagnostic>> {
    let Loaded { spec, tree, warnings, variables, lent, main_files: _, files } = loaded;
    let read = Read { request, reader, name: spec.name, variables, lent, files };
    let mut said = Told::default();
    said.extend(warnings);
    let services = spec.services.into_iter().chain(spec.inactive).chain(spec.left_out).collect();
    read.part(tree, said, Wrong { said: mistakes, services })
}

/// The name of the environment alone. Mistakes elsewhere do not matter to it.
///
/// # Errors
/// When a file cannot be read or is not YAML, since it may say another name, or when the name is no valid one.
pub fn name_of(request: &Request, reader: &dyn Reader) -> Result<String, Vec<Diagnostic>> {
    let mut loader = Loader::new(request, reader);
    let named = project_name(request, &mut loader);
    known(&named, &loader)
}

/// The name, unless a text that may say another one could not be read.
fn known(named: &Result<String, Misnamed>, loader: &Loader<'_>) -> Result<String, Vec<Diagnostic>> {
    match named {
        Err(misnamed) => Err(vec![(*misnamed.told).clone()]),
        Ok(_) if loader.said.errors().iter().any(hides_the_rest) => Err(loader.said.clone().in_order()),
        Ok(name) => Ok(name.clone()),
    }
}

/// What a tree is read with.
struct Read<'a> {
    request: &'a Request,
    reader: &'a dyn Reader,
    name: String,
    variables: Variables,
    lent: Lent,
    files: Vec<Utf8PathBuf>,
}

/// Why a tree could not be read, and which services it has all the same.
struct Wrong {
    said: Vec<Diagnostic>,
    services: BTreeMap<String, Service>,
}

impl Read<'_> {
    /// Reads the services of a tree and what they use. `left_out` are further ones, which are not looked at.
    fn services(&self, mut tree: Node, mut said: Told, left_out: BTreeMap<String, Service>) -> Result<Loaded, Wrong> {
        let Self { request, reader, name, variables, lent, files } = self;
        let mut files = files.clone();
        let mut broken = BTreeSet::new();
        let mut spec = typed::spec(&mut tree, &mut broken, &mut said);
        if said.is_enough() {
            return Err(Wrong { said: said.in_order(), services: BTreeMap::new() });
        }
        spec.name.clone_from(name);
        spec.folder.clone_from(&request.folder);
        spec.left_out = left_out;
        let sources = Sources { reader: *reader, variables, shown_from: &request.shown_from };
        let profiles = request.part.profiles(&request.profiles, &spec.services);
        normalize::spec(&mut spec, &profiles);
        normalize::with_files(&mut spec, &tree, &sources, &mut files, &mut said);
        checks::all(&spec, &tree, &broken, &mut said);
        match if_right(said) {
            Ok(warnings) => {
                let (variables, lent) = (variables.clone(), lent.clone());
                let main_files = request.files.clone();
                Ok(Loaded { spec, tree, warnings, variables, lent, main_files, files })
            }
            Err(mut said) => {
                alone::ask(&mut said, &request.files, *reader, &request.shown_from);
                Err(Wrong { said, services: spec.services.into_iter().chain(spec.inactive).collect() })
            }
        }
    }

    /// Reads again without the services that the request is not about.
    fn part(&self, mut tree: Node, mut said: Told, wrong: Wrong) -> Result<Loaded, Vec<Diagnostic>> {
        let Wrong { said: mistakes, services } = wrong;
        // A mistake in the text itself belongs to no service.
        if !said.errors().is_empty() {
            return Err(mistakes);
        }
        let part = &self.request.part;
        let needed = part.needed(&services);
        let is_known = |name: &String| services.contains_key(name);
        let Some(written) = tree.get_mut("services").and_then(Node::as_map_mut) else { return Err(mistakes) };
        let mut left_out = BTreeMap::new();
        written.retain(|key, _| {
            let name = key.text.as_str();
            let stays = needed.contains(name);
            if !stays {
                left_out.insert(name.to_owned(), services.get(name).cloned().unwrap_or_default());
            }
            stays
        });
        if !part.targets.iter().all(is_known) || left_out.is_empty() {
            return Err(mistakes);
        }
        said.extend(Part::left_out(&mistakes));
        self.services(tree, said, left_out).map_err(|wrong| wrong.said)
    }
}

/// The merged tree with its variables not replaced, and warnings.
///
/// # Errors
/// Every mistake found so far: types are not read.
pub fn raw(request: &Request, reader: &dyn Reader) -> Result<(Node, Vec<Diagnostic>), Vec<Diagnostic>> {
    let request = Request { interpolate: false, ..request.clone() };
    let mut loader = Loader::new(&request, reader);
    let named = project_name(&request, &mut loader);
    let name = stand_in(named, &mut loader);
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

/// What stands for the name of the environment, and why it can have none.
struct Misnamed {
    name: String,
    told: Box<Diagnostic>,
}

/// The name of the environment, or what stands for it; what is wrong with it is told. A variable without a value is told where it is filled in.
fn stand_in(named: Result<String, Misnamed>, loader: &mut Loader<'_>) -> String {
    named.unwrap_or_else(|Misnamed { name, told }| {
        loader.said.extend(Some(*told).filter(|told| told.code != code::INTERPOLATION));
        name
    })
}

/// The name of the environment: asked for, said by the last file that says one, or the folder's. One that is not valid
/// comes with what is wrong with it.
fn project_name(request: &Request, loader: &mut Loader<'_>) -> Result<String, Misnamed> {
    if let Some(name) = &request.name {
        return match refused_name(name) {
            None => Ok(name.clone()),
            Some(told) => Err(Misnamed { name: name.clone(), told: Box::new(told) }),
        };
    }
    let said: Vec<_> = request.files.iter().flat_map(|file| loader.names(file)).collect();
    match said.into_iter().rfind(|(written, _)| written.as_deref() != Some("")) {
        Some((Some(written), place)) => {
            let name = name::from_folder(&written);
            match name::is_project(&name) {
                true => Ok(name),
                false => Err(Misnamed { name, told: Box::new(no_name(&written).at(place, "")) }),
            }
        }
        Some((None, place)) => {
            let told = Diagnostic::error(code::INTERPOLATION, "a variable in the name of the environment has no value");
            let told = told.at(place, "").help("set it, or name the environment with -p");
            Err(Misnamed { name: from_folder(&request.folder), told: Box::new(told) })
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
            Ok(name)
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
