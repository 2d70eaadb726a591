//! A plan in a file: how it was asked for, what it says, and what it was made from, so that `apply` can make it again
//! and hold the two against each other. Secrets are keyed digests in it.

use std::fs::File;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::select::Select;
use super::session::{self, Look};
use super::{Context, Desired, Disk, Failure, Global, Kind, target};
use crate::engine::Observer;
use crate::execute;
use crate::model::Key;
use crate::plan::{self, Basis, Options};
use crate::spec::{Reader, Request};

/// The most that a saved plan holds, in bytes.
const LARGEST: u64 = 256 << 20;

/// What stands in the file beside the plan's own JSON, under the key `saved`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Beside {
    asked: Asked,
    /// The key of the digests, where the project had none yet. It never becomes the project's.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    nonce: Option<String>,
    spec: Value,
    seen: Value,
}

/// How a plan was asked for: all that is needed to make it again, variables and contents of files excepted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// Absolute.
    pub files: Vec<Utf8PathBuf>,
    /// Where relative paths of the spec start.
    pub folder: Utf8PathBuf,
    /// As it was resolved.
    pub project: String,
    /// As they were given.
    pub profiles: Vec<String>,
    /// As they were given, absolute.
    pub env_files: Vec<String>,
    /// Which engine, if one was named.
    pub host: Option<String>,
    /// What of the spec.
    pub select: Select,
}

/// A plan that was read from a file.
#[derive(Debug, Clone)]
pub struct Saved {
    /// How it was asked for.
    pub asked: Asked,
    /// The key of its digests, where the project had none.
    pub nonce: Option<Key>,
    /// What it says and what it was made from.
    pub basis: Basis,
}

/// What a plan that is made now says and is made from. `plan` is its JSON.
pub fn basis(desired: &Desired, look: &Look, plan: Value) -> Basis {
    let mut spec = execute::canonical(&desired.project, &look.key);
    if let Value::Object(fields) = &mut spec {
        fields.insert("build_inputs".to_owned(), serde_json::json!(look.digests));
    }
    Basis { plan, spec, snapshot: plan::snapshot_json(&plan::snapshot(&look.observed, &look.key)) }
}

/// As [`basis`], the plan's JSON made here.
///
/// # Errors
/// When the engine does not answer.
pub async fn fresh(engine: &dyn Observer, desired: &Desired, options: &Options, look: &Look) -> Result<Basis, Failure> {
    let frame = session::frame(engine, desired, options, look).await?;
    Ok(basis(desired, look, plan::json(&look.plan, &frame)))
}

/// Whether a plan may be saved there: where nothing is, or a plan that was saved before. Nothing else is replaced, be it
/// a spec, a link or a device.
///
/// # Errors
/// When something else is there.
pub fn check(context: &Context<'_>, path: &Utf8Path) -> Result<(), Failure> {
    let file = context.folder.join(path);
    let what = match target::replaced(&file) {
        Ok(None) => return Ok(()),
        Ok(Some(found)) if found.len() == 0 || is_saved(&file) => return Ok(()),
        Ok(Some(_)) => "what is there is no saved plan".to_owned(),
        Err(what) => what,
    };
    let told = format!("the plan cannot be saved in {path}: {what}");
    Err(Failure::new(Kind::Invalid, told).hint("name a file that is not there yet, or remove this one first"))
}

/// Whether a file holds a plan that was saved.
fn is_saved(file: &Utf8Path) -> bool {
    #[derive(Deserialize)]
    struct Document {
        #[expect(dead_code, reason = "that it is there is what counts")]
        format_version: String,
        #[expect(dead_code, reason = "that it is there is what counts")]
        saved: Map<String, Value>,
    }
    File::open(file).is_ok_and(|file| serde_json::from_reader::<_, Document>(io::BufReader::new(file)).is_ok())
}

/// Saves a plan, readable by its owner alone; a plan that stood there before is replaced as a whole or not at all.
///
/// # Errors
/// When something else is there, or the file cannot be written.
pub fn save(context: &Context<'_>, path: &Utf8Path, asked: &Asked, look: &Look, basis: Basis) -> Result<(), Failure> {
    let Basis { plan, spec, snapshot } = basis;
    let nonce = look.observed.key.is_none().then(|| look.key.to_hex());
    let beside = Beside { asked: asked.clone(), nonce, spec, seen: snapshot };
    check(context, path)?;
    let mut document = plan;
    document["saved"] = serde_json::to_value(beside).expect("plain data has a JSON form");
    target::write(&context.folder.join(path), format!("{document:#}\n").as_bytes(), 0o600)
        .map_err(|error| Failure::new(Kind::Error, format!("the plan cannot be saved in {path}: {error}")))
}

/// Reads a plan. `None`: the file is no plan, but a spec or nothing at all.
///
/// # Errors
/// When it is a plan, and none that this program saved.
pub fn read(context: &Context<'_>, file: &str) -> Result<Option<Saved>, Failure> {
    let path = context.folder.join(file);
    // A spec that a shell hands over on a pipe can be read only once, and not here.
    if !path.is_file() {
        return Ok(None);
    }
    let Ok(bytes) = Disk.read(&path, LARGEST) else { return Ok(None) };
    let Ok(text) = String::from_utf8(bytes) else { return Ok(None) };
    if !text.trim_start().starts_with('{') {
        return Ok(None);
    }
    let Ok(mut plan) = serde_json::from_str::<Value>(&text) else { return Ok(None) };
    let (Some(format), Some(version)) = (plan["format_version"].as_str(), plan["dsenv_version"].as_str()) else {
        return Ok(None);
    };
    let again = format!("make the plan again with `dsenv plan -o {file}`");
    if format.split('.').next() != plan::FORMAT.split('.').next() || version != env!("CARGO_PKG_VERSION") {
        let told = format!("{file} was saved by dsenv {version}, and this is {}", env!("CARGO_PKG_VERSION"));
        return Err(Failure::new(Kind::StalePlan, told).hint(again));
    }
    let Some(beside) = plan.as_object_mut().and_then(|fields| fields.shift_remove("saved")) else {
        let told = format!("{file} is a plan's JSON without what it was made from, so it cannot be applied");
        return Err(Failure::new(Kind::Invalid, told).hint(again));
    };
    let Beside { asked, nonce, spec, seen } = serde_json::from_value(beside)
        .map_err(|error| Failure::new(Kind::Invalid, format!("{file} is no whole plan: {error}")).hint(again))?;
    let nonce = nonce.as_deref().and_then(Key::parse);
    Ok(Some(Saved { asked, nonce, basis: Basis { plan, spec, snapshot: seen } }))
}

impl Asked {
    /// How this command asks.
    ///
    /// # Errors
    /// When the spec comes on standard input: it could not be read again.
    pub fn of(context: &Context<'_>, request: &Request, desired: &Desired, select: &Select) -> Result<Self, Failure> {
        if request.files.iter().any(|file| file == "-") {
            let told = "a plan of a spec on standard input cannot be saved, since that cannot be read again";
            return Err(Failure::new(Kind::Invalid, told).hint("write the spec into a file and name it with -f"));
        }
        let env_files = context.global.env_files.iter().map(|file| context.folder.join(file).into_string()).collect();
        Ok(Self {
            files: request.files.clone(),
            folder: request.folder.clone(),
            project: desired.project.name.to_string(),
            profiles: request.profiles.clone(),
            env_files,
            host: host(context),
            select: select.clone(),
        })
    }

    /// The context in which it is asked again. What this command says itself must not be another thing.
    ///
    /// # Errors
    /// When it says another thing, or a spec file is gone.
    pub fn context<'a>(&self, context: &Context<'a>, select: &Select) -> Result<Context<'a>, Failure> {
        let Self { files, folder, project, profiles, env_files, host: asked, select: saved } = self;
        let given = &context.global;
        let another = [
            (!given.files.is_empty(), "-f"),
            (given.project_name.as_ref().is_some_and(|name| name != project), "--project-name"),
            (
                given.project_directory.as_ref().is_some_and(|given| context.folder.join(given) != *folder),
                "--project-directory",
            ),
            (!given.profiles.is_empty() && given.profiles != *profiles, "--profile"),
            (!given.env_files.is_empty(), "--env-file"),
            (*select != Select::default() && select != saved, "what chooses services"),
        ];
        if let Some((_, flag)) = another.into_iter().find(|(differs, _)| *differs) {
            let told = format!("a saved plan says itself what it is about, so {flag} has no place beside it");
            return Err(Failure::new(Kind::Invalid, told).hint("make another plan with `dsenv plan -o FILE`"));
        }
        if let Some(host) = host(context).filter(|host| asked.as_ref() != Some(host)) {
            let made = asked.as_deref().unwrap_or("the engine at hand");
            return Err(Failure::new(Kind::StalePlan, format!("the plan was made for {made}, and not for {host}")));
        }
        let named = env_files.iter().map(Utf8Path::new);
        if let Some(gone) = files.iter().map(Utf8PathBuf::as_path).chain(named).find(|file| !file.exists()) {
            return Err(Failure::new(Kind::StalePlan, format!("{gone} is gone, and the plan was made from it")));
        }
        let global = Global {
            files: files.iter().map(ToString::to_string).collect(),
            project_name: Some(project.clone()),
            project_directory: Some(folder.clone()),
            profiles: profiles.clone(),
            env_files: env_files.clone(),
            host: asked.clone(),
            ..given.clone()
        };
        Ok(Context {
            global,
            environment: context.environment.clone(),
            folder: context.folder.clone(),
            shell: context.shell,
        })
    }
}

/// The engine that a command names, a file's path absolute.
fn host(context: &Context<'_>) -> Option<String> {
    let host = context.global.host.as_ref().or_else(|| context.environment.get("DOCKER_HOST"));
    let host = host.filter(|host| !host.is_empty())?;
    Some(match host.strip_prefix("memory:") {
        Some(file) => format!("memory:{}", context.folder.join(file)),
        None => host.clone(),
    })
}
