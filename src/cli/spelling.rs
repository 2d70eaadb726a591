//! What is written as in Compose and means something else there: never taken without a word.

use std::ffi::OsString;

use clap::{ArgAction, Command, CommandFactory};

use super::Cli;

/// A flag of a verb, both spelled as in Compose.
struct Homonym {
    /// The verb, as it is written.
    verb: &'static str,
    /// The flag, with its dashes; a short one may stand with others.
    flag: &'static str,
    /// What it means in Compose, and what does that here.
    told: &'static str,
    /// What to write for what it means here.
    here: &'static str,
}

const ALL: [Homonym; 6] = [
    Homonym {
        verb: "down",
        flag: "-v",
        told: "`down -v` removes volumes in Compose; here each one is named: `dsenv destroy --destroy-data NAME`",
        here: "for more output: `dsenv destroy -v`",
    },
    Homonym {
        verb: "down",
        flag: "--timeout",
        told: "`down --timeout` is the time that containers get to stop in Compose; here that is `dsenv destroy --grace TIME`",
        here: "for a limit of the whole: `dsenv destroy --timeout TIME`",
    },
    Homonym {
        verb: "up",
        flag: "--timeout",
        told: "`up --timeout` is the time that containers get to stop in Compose; here that is `stop_grace_period` in the spec",
        here: "for a limit of the whole: `dsenv apply --timeout TIME`",
    },
    Homonym {
        verb: "ps",
        flag: "-q",
        told: "`ps -q` prints ids of containers in Compose; here `dsenv status --format json` is for programs",
        here: "for less output: `dsenv status -q`",
    },
    Homonym {
        verb: "ps",
        flag: "--quiet",
        told: "`ps --quiet` prints ids of containers in Compose; here `dsenv status --format json` is for programs",
        here: "for less output: `dsenv status -q`",
    },
    Homonym {
        verb: "version",
        flag: "-f",
        told: "`version -f` is the format in Compose; here that is `dsenv version --format json`, and -f names a spec file",
        here: "without -f: `dsenv version`",
    },
];

/// What is wrong with arguments that clap takes, and what to write instead: a message and a hint.
pub fn refuse(args: &[OsString]) -> Option<(&'static str, &'static str)> {
    let root = Cli::command();
    let words: Vec<&str> = args.iter().skip(1).map(|word| word.to_str().unwrap_or_default()).collect();
    let at = verb(&root, &words)?;
    let verb = words[at];
    let sub = root.find_subcommand(verb)?;
    let flags = flags(&[&root, sub], &words[at + 1..]);
    let found = ALL.iter().find(|each| each.verb == verb && flags.iter().any(|flag| flag == each.flag))?;
    Some((found.told, found.here))
}

/// Where the verb stands: the first word that is no flag and no flag's value.
fn verb(root: &Command, words: &[&str]) -> Option<usize> {
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let (found, takes_next) = read(&[root], word);
        if found.is_empty() {
            return Some(at);
        }
        at += if takes_next { 2 } else { 1 };
    }
    None
}

/// The flags among some words, up to `--`.
fn flags(commands: &[&Command], words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(word) = words.get(at).filter(|word| **word != "--") {
        let (flags, takes_next) = read(commands, word);
        found.extend(flags);
        at += if takes_next { 2 } else { 1 };
    }
    found
}

/// The flags of one word, and whether the last takes the next word for its value.
fn read(commands: &[&Command], word: &str) -> (Vec<String>, bool) {
    let takes = |is: &dyn Fn(&clap::Arg) -> bool| {
        let mut all = commands.iter().flat_map(|command| command.get_arguments());
        all.find(|arg| is(arg)).is_some_and(|arg| matches!(arg.get_action(), ArgAction::Set | ArgAction::Append))
    };
    if let Some(long) = word.strip_prefix("--") {
        let name = long.split('=').next().unwrap_or_default();
        let is = |arg: &clap::Arg| arg.get_long() == Some(name);
        return (vec![format!("--{name}")], takes(&is) && !long.contains('='));
    }
    let mut found = Vec::new();
    let mut letters = word.strip_prefix('-').unwrap_or_default().chars();
    while let Some(letter) = letters.next() {
        found.push(format!("-{letter}"));
        if takes(&|arg| arg.get_short() == Some(letter)) {
            return (found, letters.as_str().is_empty());
        }
    }
    (found, false)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn told(line: &str) -> Option<&'static str> {
        let args: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        assert!(Cli::try_parse_from(&args).is_ok(), "clap refuses it anyhow: {line}");
        refuse(&args).map(|(told, _)| told)
    }

    #[test]
    fn what_compose_means_otherwise_is_refused() {
        for line in [
            "dsenv down -v",
            "dsenv down -yv",
            "dsenv -p down down -y -v",
            "dsenv down --timeout 3",
            "dsenv up --timeout=3",
            "dsenv -f up up -y --timeout 3",
            "dsenv ps -q",
            "dsenv ps --quiet",
            "dsenv version -f json",
        ] {
            assert!(told(line).is_some(), "{line}");
        }
    }

    #[test]
    fn what_is_spelled_as_here_alone_means_what_it_means_here() {
        for line in [
            "dsenv destroy -v",
            "dsenv destroy --timeout 3",
            "dsenv apply --timeout 3",
            "dsenv -v down",
            "dsenv -f up apply --timeout 3",
            "dsenv up -p --timeout=3",
            "dsenv down -p-v",
            "dsenv down -pv",
            "dsenv status -q",
            "dsenv -q version",
            "dsenv exec down ls -v",
            "dsenv up -- -v",
        ] {
            if Cli::try_parse_from(line.split(' ')).is_ok() {
                assert_eq!(told(line), None, "{line}");
            }
        }
    }

    #[test]
    fn every_verb_and_flag_of_the_table_is_there() {
        let root = Cli::command();
        for Homonym { verb, flag, .. } in ALL {
            let sub = root.find_subcommand(verb).expect(verb);
            let args: Vec<_> = root.get_arguments().chain(sub.get_arguments()).collect();
            let is = |arg: &&&clap::Arg| {
                arg.get_long().map(|long| format!("--{long}")).as_deref() == Some(flag)
                    || arg.get_short().map(|short| format!("-{short}")).as_deref() == Some(flag)
            };
            assert!(args.iter().find(is).is_some(), "{verb} {flag}");
        }
    }
}
