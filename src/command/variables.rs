//! The variables of Compose and their twins of dsenv: what each does here.

use std::collections::BTreeMap;

use super::{Context, Failure, Kind};

/// What a variable of Compose does here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The same as in Compose. The twin of dsenv has this name, and goes first.
    Taken {
        /// The twin.
        twin: &'static str,
        /// Whether `.env` may say it too.
        in_file: bool,
    },
    /// Nothing, and with Compose it makes another environment, so it is told.
    Told,
    /// Nothing: it is about the screen, or about what dsenv does in any case.
    None,
}

/// A variable of Compose.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// Its name.
    pub name: &'static str,
    /// What it does here.
    pub effect: Effect,
    /// That in words, or what to use in its place.
    pub words: &'static str,
}

const fn taken(name: &'static str, twin: &'static str, in_file: bool, words: &'static str) -> Known {
    Known { name, effect: Effect::Taken { twin, in_file }, words }
}

const fn told(name: &'static str, words: &'static str) -> Known {
    Known { name, effect: Effect::Told, words }
}

const fn quiet(name: &'static str, words: &'static str) -> Known {
    Known { name, effect: Effect::None, words }
}

/// All variables that Compose reads, those of the engine's client apart.
pub const ALL: [Known; 21] = [
    taken("COMPOSE_FILE", "DSENV_FILE", true, "the spec files, as -f does"),
    taken("COMPOSE_PATH_SEPARATOR", "DSENV_PATH_SEPARATOR", true, "what stands between them; a colon by default"),
    taken("COMPOSE_PROJECT_NAME", "DSENV_PROJECT_NAME", true, "the name of the environment, as -p does"),
    taken("COMPOSE_PROFILES", "DSENV_PROFILES", true, "profiles that are on, between commas, as --profile does"),
    taken(
        "COMPOSE_ENV_FILES",
        "DSENV_ENV_FILES",
        false,
        "files in the place of .env, between commas, as --env-file does",
    ),
    taken("COMPOSE_DISABLE_ENV_FILE", "DSENV_DISABLE_ENV_FILE", false, "1 or true: .env is not read"),
    taken("COMPOSE_REMOVE_ORPHANS", "DSENV_PRUNE", true, "1 or true: what is in no spec is removed, as --prune does"),
    taken("COMPOSE_PARALLEL_LIMIT", "DSENV_JOBS", true, "how many operations may run at once, as --jobs does"),
    told("COMPOSE_COMPATIBILITY", "names of containers have `-` in any case; give `container_name` for another one"),
    told("COMPOSE_CONVERT_WINDOWS_PATHS", "write paths as the engine's host has them"),
    told("DOCKER_DEFAULT_PLATFORM", "write `platform` in the service"),
    told("BUILDX_BUILDER", "the engine's own builder is used"),
    quiet("COMPOSE_IGNORE_ORPHANS", "what is in no spec is told and left, unless --prune is given"),
    quiet("COMPOSE_ANSI", "NO_COLOR switches colours off"),
    quiet("COMPOSE_PROGRESS", "--format plain or json"),
    quiet("BUILDKIT_PROGRESS", "--format plain or json"),
    quiet("COMPOSE_MENU", "there is no menu"),
    quiet("COMPOSE_STATUS_STDOUT", "results are on standard output, the rest is on standard error"),
    quiet("COMPOSE_EXPERIMENTAL", "nothing waits to be switched on"),
    quiet("COMPOSE_BAKE", "builds are made by the engine itself"),
    quiet("COMPOSE_WATCH_WINDOWS_BUFFER_SIZE", "files are watched as the system of this machine does it"),
];

/// The value of a variable of Compose or, before it, of its twin. An empty one counts as none.
pub fn value<'a>(variables: &'a BTreeMap<String, String>, name: &str) -> Option<&'a str> {
    let known = ALL.iter().find(|known| known.name == name)?;
    let Effect::Taken { twin, .. } = known.effect else { return None };
    [twin, name].iter().find_map(|name| variables.get(*name).filter(|value| !value.is_empty())).map(String::as_str)
}

/// Whether a value says yes.
pub fn is_yes(value: &str) -> bool {
    !matches!(value.to_ascii_lowercase().as_str(), "" | "0" | "false" | "no" | "off" | "n" | "f")
}

/// How many operations may run at once, if `--jobs` or a variable says it; Compose writes -1 where there is no limit.
///
/// # Errors
/// When it is no number.
pub fn jobs(given: Option<usize>, variables: &BTreeMap<String, String>) -> Result<Option<usize>, Failure> {
    let Some(written) = given.is_none().then(|| value(variables, "COMPOSE_PARALLEL_LIMIT")).flatten() else {
        return Ok(given);
    };
    match written.parse::<i64>() {
        Ok(limit) => Ok(usize::try_from(limit).ok().filter(|limit| *limit > 0)),
        Err(_) => {
            let told = format!("COMPOSE_PARALLEL_LIMIT or DSENV_JOBS is `{written}`, which is no number");
            Err(Failure::new(Kind::Invalid, told))
        }
    }
}

/// Tells of variables that are set, have no effect here, and make another environment with Compose.
pub fn tell(context: &Context<'_>, variables: &BTreeMap<String, String>) {
    for Known { name, effect, words } in &ALL {
        if *effect == Effect::Told && variables.get(*name).is_some_and(|value| is_yes(value)) {
            context.shell.note(format!("{name} has no effect here: {words}"));
        }
    }
}

/// All of them in words, as `dsenv explain variables` prints them.
pub fn text() -> String {
    let line = |Known { name, effect, words }: &Known| match effect {
        Effect::Taken { twin, in_file: true } => format!("{name}, {twin}: {words}; also from .env\n"),
        Effect::Taken { twin, in_file: false } => format!("{name}, {twin}: {words}\n"),
        Effect::Told | Effect::None => format!("{name}: no effect; {words}\n"),
    };
    ALL.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_twin_goes_before_the_variable_of_compose() {
        let both = variables(&[("COMPOSE_PROFILES", "theirs"), ("DSENV_PROFILES", "ours")]);
        assert_eq!(value(&both, "COMPOSE_PROFILES"), Some("ours"));
        let empty = variables(&[("COMPOSE_PROFILES", "theirs"), ("DSENV_PROFILES", "")]);
        assert_eq!(value(&empty, "COMPOSE_PROFILES"), Some("theirs"));
        assert_eq!(value(&variables(&[]), "COMPOSE_PROFILES"), None);
    }

    #[test]
    fn a_limit_of_less_than_one_is_none() {
        for (written, limit) in [("4", Some(4)), ("-1", None), ("0", None), ("", None)] {
            assert_eq!(jobs(None, &variables(&[("COMPOSE_PARALLEL_LIMIT", written)])).unwrap(), limit, "{written}");
        }
        assert_eq!(jobs(Some(2), &variables(&[("DSENV_JOBS", "many")])).unwrap(), Some(2));
        assert!(jobs(None, &variables(&[("DSENV_JOBS", "many")])).is_err());
    }

    #[test]
    fn the_page_of_the_variables_is_current() {
        let row = |known: &Known| match known.effect {
            Effect::Taken { twin, in_file } => {
                let file = if in_file { "yes" } else { "no" };
                format!("| `{}` | `{twin}` | {file} | {} |\n", known.name, known.words)
            }
            Effect::Told => format!("| `{}` | | | no effect, and told when it is set: {} |\n", known.name, known.words),
            Effect::None => format!("| `{}` | | | no effect: {} |\n", known.name, known.words),
        };
        let page = include_str!("../../docs/variables.md");
        let table: String = ALL.iter().map(row).collect();
        let before = page.split("\n| `").next().unwrap();
        crate::current::is_current("docs/variables.md", &format!("{before}\n{table}"));
    }
}
