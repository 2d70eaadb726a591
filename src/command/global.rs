//! The flags that every verb takes.

use camino::Utf8PathBuf;

/// Where they stand in the help of a verb, below its own.
const GLOBAL: &str = "Global options";

/// Flags that every verb takes, before or after its name.
///
/// A verb that needs `-f` for itself (`logs -f`) declares an argument with the id `files` and `--file` alone: clap
/// then leaves the global one out of that verb.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Global {
    /// Spec file; `-` is standard input; may be repeated, later files override earlier ones
    #[arg(help_heading = GLOBAL, id = "files", short = 'f', long = "file", global = true, value_name = "FILE")]
    pub files: Vec<String>,
    /// Name of the environment
    #[arg(help_heading = GLOBAL, short = 'p', long, global = true, value_name = "NAME")]
    pub project_name: Option<String>,
    /// Folder that relative paths in the spec start from [default: the folder of the first file]
    #[arg(help_heading = GLOBAL, long, global = true, value_name = "DIR")]
    pub project_directory: Option<Utf8PathBuf>,
    /// Profile to enable; `*` enables all; may be repeated
    #[arg(help_heading = GLOBAL, id = "profiles", long = "profile", global = true, value_name = "NAME")]
    pub profiles: Vec<String>,
    /// File with variables for the spec, instead of `.env`; may be repeated
    #[arg(help_heading = GLOBAL, id = "env_files", long = "env-file", global = true, value_name = "FILE")]
    pub env_files: Vec<String>,
    /// Engine to use: unix:///var/run/docker.sock, ssh://HOST, tcp://HOST:PORT, or memory:FILE to try dsenv without Docker
    #[arg(help_heading = GLOBAL, long, global = true, value_name = "ADDRESS", env = "DSENV_HOST", hide_env_values = true)]
    pub host: Option<String>,
    /// How many operations may run at the same time [env: DSENV_JOBS]
    #[arg(help_heading = GLOBAL, long, global = true, value_name = "N")]
    pub jobs: Option<usize>,
    /// Answer all questions with yes, except those about data
    #[arg(help_heading = GLOBAL, short = 'y', long, global = true, env = "DSENV_YES", hide_env_values = true, value_parser = clap::builder::FalseyValueParser::new())]
    pub yes: bool,
    /// Print only results and errors; apply and destroy show the plan only if they ask about it
    #[arg(help_heading = GLOBAL, short = 'q', long, global = true)]
    pub quiet: bool,
    /// Print more; may be repeated
    #[arg(help_heading = GLOBAL, short = 'v', long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}
