//! `dsenv config`: the canonical spec, or a part of it.

mod explain;
mod list;

use std::os::unix::fs::MetadataExt;

use camino::Utf8PathBuf;

use super::{Context, Disk, Failure, Kind, Outcome, load, target};
use crate::spec::emit::{self, Audience};
use crate::spec::{self, Loaded};
use crate::yaml;

/// The permissions of a new file, less what the process takes away.
const NEW: u32 = 0o666;

/// Arguments of `config`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Spec file [default: env.yaml or compose.yaml, here or in a folder above]
    #[arg(value_name = "FILE")]
    pub file: Option<String>,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// File to write to, instead of standard output
    #[arg(short = 'o', long, value_name = "FILE")]
    pub output: Option<Utf8PathBuf>,
    /// Leave variables as they are written
    #[arg(long)]
    pub no_interpolate: bool,
    /// Also print networks, volumes, secrets and configs that no service uses
    #[arg(long)]
    pub all_resources: bool,
    /// Show which file and line set a value, such as services.web.environment.DEBUG, and what it overrode
    #[arg(long, value_name = "PATH")]
    pub explain: Option<String>,
    #[command(flatten)]
    part: Part,
}

/// Print a list instead of the spec.
#[derive(Debug, Clone, Default, clap::Args)]
#[group(multiple = false)]
#[expect(clippy::struct_excessive_bools, reason = "one flag each, as people know them from Compose")]
struct Part {
    /// Print the names of services, dependencies first
    #[arg(long)]
    services: bool,
    /// Print the keys of volumes
    #[arg(long)]
    volumes: bool,
    /// Print the keys of networks
    #[arg(long)]
    networks: bool,
    /// Print the keys of models
    #[arg(long)]
    models: bool,
    /// Print the names of images
    #[arg(long)]
    images: bool,
    /// Print the names of profiles
    #[arg(long = "profiles", id = "list_profiles")]
    profiles: bool,
    /// Print the variables that the spec names
    #[arg(long)]
    variables: bool,
    /// Print the variables that values are filled with
    #[arg(long)]
    environment: bool,
}

/// How to print the spec.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// YAML
    #[default]
    Yaml,
    /// JSON
    Json,
}

/// Runs the verb.
///
/// # Errors
/// When the spec has mistakes, or there is none.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Outcome, Failure> {
    let text = if args.no_interpolate || args.part.variables {
        let (tree, _) = spec::raw(&load::request(context, args.file.as_deref())?, &Disk).map_err(Failure::invalid)?;
        if args.part.variables {
            list::variables(&tree, args.format)
        } else {
            print(sorted(yaml::to_json(&tree)), args.format)
        }
    } else {
        let loaded = load::load_quietly(context, args.file.as_deref())?;
        interpolated(args, loaded)?
    };
    match &args.output {
        Some(path) => {
            let refused = |why| Failure::new(Kind::Invalid, format!("{path} cannot be written: {why}"));
            let file = context.folder.join(path);
            let mode = target::replaced(&file).map_err(refused)?.map_or(NEW, |found| found.mode() & 0o777);
            target::write(&file, text.as_bytes(), mode)
                .map_err(|error| Failure::new(Kind::Error, format!("{path} cannot be written: {error}")))?;
        }
        None if context.global.quiet => {}
        None => context.shell.data(&text),
    }
    Ok(Outcome::Done)
}

fn interpolated(args: &Args, loaded: Loaded) -> Result<String, Failure> {
    if let Some(path) = &args.explain {
        return explain::explain(path, &loaded, args.format);
    }
    let Part { services, volumes, networks, models, images, profiles, variables: _, environment } = args.part;
    if environment {
        return Ok(loaded.variables.iter().map(|(name, value)| format!("{name}={value}\n")).collect());
    }
    if profiles {
        return Ok(list::profiles(&loaded.spec));
    }
    drop(loaded.tree);
    let spec = if args.all_resources { loaded.spec } else { loaded.spec.used() };
    if services {
        return Ok(list::services(&spec));
    }
    if images {
        return Ok(list::images(&spec));
    }
    if volumes {
        return Ok(list::lines(spec.volumes.keys()));
    }
    if networks {
        return Ok(list::lines(spec.networks.keys()));
    }
    if models {
        return Ok(list::lines(spec.models.values().filter_map(|model| model.model.as_ref())));
    }
    let audience = match args.format {
        Format::Yaml => Audience::Yaml,
        Format::Json => Audience::Json,
    };
    // A dollar in a value is doubled, so that the print is a spec again.
    Ok(print(emit::spec(&spec, audience), args.format).replace('$', "$$"))
}

fn print(value: serde_json::Value, format: Format) -> String {
    match format {
        Format::Yaml => yaml::print(&value),
        Format::Json => format!("{value:#}\n"),
    }
}

/// Keys in alphabetical order, all the way down.
fn sorted(value: serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::Object(map) => {
            let mut entries: Vec<_> = map.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            entries.into_iter().collect::<serde_json::Map<_, _>>().into()
        }
        serde_json::Value::Array(list) => list.into_iter().map(sorted).collect(),
        scalar => scalar,
    }
}
