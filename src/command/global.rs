//! The flags that every verb takes.

use camino::Utf8PathBuf;

/// Where they stand in the help of a verb, below its own.
const GLOBAL: &str = "Global options";

/// Flags that every verb takes, before or behind its name.
///
/// A verb that needs `-f` for itself (`logs -f`) declares an argument with the id `files` and `--file` alone: clap
/// then leaves the global one out of that verb.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Global {
    /// Spec file; may be repeated, later ones override earlier ones; `-` is standard input
    #[arg(help_heading = GLOBAL, id = "files", short = 'f', long = "file", global = true, value_name = "FILE")]
    pub files: Vec<String>,
    /// Name of the environment
    #[arg(help_heading = GLOBAL, short = 'p', long, global = true, value_name = "NAME")]
    pub project_name: Option<String>,
    /// Folder that relative paths of the spec start from [default: the folder of the first file]
    #[arg(help_heading = GLOBAL, long, global = true, value_name = "DIR")]
    pub project_directory: Option<Utf8PathBuf>,
    /// Profile to switch on; may be repeated; `*` switches all on
    #[arg(help_heading = GLOBAL, id = "profiles", long = "profile", global = true, value_name = "NAME")]
    pub profiles: Vec<String>,
    /// File of variables for interpolation, instead of `.env`; may be repeated
    #[arg(help_heading = GLOBAL, id = "env_files", long = "env-file", global = true, value_name = "FILE")]
    pub env_files: Vec<String>,
    /// Engine to talk to, such as unix:///var/run/docker.sock, ssh://host, or memory:FILE for a trial without one
    #[arg(help_heading = GLOBAL, long, global = true, value_name = "ADDRESS", env = "DSENV_HOST", hide_env_values = true)]
    pub host: Option<String>,
    /// How many operations may run at once [env: DSENV_JOBS]
    #[arg(help_heading = GLOBAL, long, global = true, value_name = "N")]
    pub jobs: Option<usize>,
    /// Answer every question with yes, except those about data
    #[arg(help_heading = GLOBAL, short = 'y', long, global = true, env = "DSENV_YES", hide_env_values = true, value_parser = clap::builder::FalseyValueParser::new())]
    pub yes: bool,
    /// Print what was asked for and errors only; apply and destroy print no plan that nobody is asked about
    #[arg(help_heading = GLOBAL, short = 'q', long, global = true)]
    pub quiet: bool,
    /// Print more; may be repeated
    #[arg(help_heading = GLOBAL, short = 'v', long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}
