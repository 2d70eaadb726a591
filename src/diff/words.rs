//! Secrets among the words of a command, told by the program and the option before them.

use super::conceal::named_secret;
use super::secret::MASK;

/// What of a word is out of sight.
#[derive(Clone, Copy)]
enum Hide {
    Whole,
    /// What stands behind its first so many bytes.
    After(usize),
}

/// Each word as it may be shown, if not as it is.
pub fn masked(words: &[&str]) -> Vec<Option<String>> {
    let mut found: Vec<Option<String>> = vec![None; words.len()];
    let runs = |names: &[&str]| words.iter().any(|word| names.contains(&word.rsplit('/').next().unwrap_or_default()));
    let glued =
        runs(&["mysql", "mysqldump", "mysqladmin", "mysqlimport", "mysqlsh", "mysqlcheck", "mariadb", "sshpass"])
            || runs(&["mariadb-dump", "mariadb-admin", "mariadb-check"]);
    let apart = runs(&["mongo", "mongosh", "mongodump", "mongorestore", "sshpass", "login", "ldapsearch"]);
    let (redis, curl) = (runs(&["redis-cli"]), runs(&["curl"]));
    for (at, word) in words.iter().enumerate() {
        let option = word.starts_with('-') && !word.contains(['=', ' ']);
        let next =
            if option && named_secret(word.trim_start_matches('-')) || apart && *word == "-p" || redis && *word == "-a"
            {
                Some(Hide::Whole)
            } else if curl && matches!(*word, "-u" | "--user") {
                words.get(at + 1).and_then(|next| next.find(':')).map(|colon| Hide::After(colon + 1))
            } else {
                None
            };
        if let (Some(hide), Some(next)) = (next, words.get(at + 1)) {
            found[at + 1] = hidden(next, hide);
        }
        if glued && word.starts_with("-p") && word.len() > 2 {
            found[at] = hidden(word, Hide::After(2));
        }
    }
    found
}

fn hidden(word: &str, hide: Hide) -> Option<String> {
    let kept = match hide {
        Hide::Whole => 0,
        Hide::After(bytes) => bytes,
    };
    // What is masked already, or named and not told, is nothing to hide.
    let (head, tail) = (word.get(..kept)?, word.get(kept..)?);
    (!tail.is_empty() && !tail.contains(MASK) && !tail.starts_with('$')).then(|| format!("{head}{MASK}"))
}
