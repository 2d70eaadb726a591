//! A tiny shell: enough of one that a spec's own commands, probes and hooks mean in the twin what they mean in a
//! container, so that the contract suite says the same to both.
//!
//! A script is a list of simple commands joined by `;`, `&&` and `||`. What it does not understand (loops,
//! substitutions, programs that it does not know) is a program that serves for ever.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A script, read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Script(pub Vec<Clause>);

/// One command of a script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clause {
    /// When it runs.
    pub joint: Joint,
    /// Program and arguments.
    pub words: Vec<String>,
}

/// What joins a command to the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Joint {
    /// `;`
    Always,
    /// `&&`
    And,
    /// `||`
    Or,
}

impl Joint {
    /// Whether the command runs after one that ended with this status.
    pub fn allows(self, status: i64) -> bool {
        match self {
            Self::Always => true,
            Self::And => status == 0,
            Self::Or => status != 0,
        }
    }
}

impl Script {
    /// Reads a command line as an engine starts it: a shell's script, or one program.
    pub fn of(argv: &[String]) -> Self {
        match argv {
            [shell, flag, script, ..] if is_shell(shell) && flag.starts_with('-') && flag.ends_with('c') => {
                Self::parse(script)
            }
            words => Self(vec![Clause { joint: Joint::Always, words: words.to_vec() }]),
        }
    }

    /// Reads a shell's text.
    pub fn parse(text: &str) -> Self {
        const BEYOND: [&str; 6] = ["while ", "for ", "if ", "case ", "$(", "`"];
        if BEYOND.iter().any(|sign| text.contains(sign)) {
            return Self(vec![Clause { joint: Joint::Always, words: vec![text.to_owned()] }]);
        }
        let mut clauses = Vec::new();
        let mut joint = Joint::Always;
        for (piece, next) in pieces(text) {
            let words = shell_words::split(piece).unwrap_or_else(|_| vec![piece.to_owned()]);
            let words: Vec<_> = words.into_iter().skip_while(|word| word == "exec").collect();
            if !words.is_empty() {
                clauses.push(Clause { joint, words });
            }
            joint = next;
        }
        Self(clauses)
    }
}

fn is_shell(program: &str) -> bool {
    matches!(program.rsplit('/').next(), Some("sh" | "ash" | "bash" | "dash"))
}

/// The commands of a text, each with what joins the next one to it.
fn pieces(text: &str) -> Vec<(&str, Joint)> {
    let (mut pieces, mut start, mut quote) = (Vec::new(), 0, None);
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let here = bytes[at];
        let double = bytes.get(at + 1) == Some(&here);
        let (joint, length) = match (quote, here) {
            (Some(open), _) => {
                if open == here {
                    quote = None;
                }
                (None, 1)
            }
            (None, b'\'' | b'"') => {
                quote = Some(here);
                (None, 1)
            }
            (None, b';' | b'\n') => (Some(Joint::Always), 1),
            (None, b'&') if double => (Some(Joint::And), 2),
            (None, b'|') if double => (Some(Joint::Or), 2),
            (None, _) => (None, 1),
        };
        if let Some(joint) = joint {
            pieces.push((&text[start..at], joint));
            start = at + length;
        }
        at += length;
    }
    pieces.push((&text[start..], Joint::Always));
    pieces
}

/// Reads what `sleep` takes; `None` is for ever.
pub fn seconds(text: &str) -> Option<Duration> {
    let digits = text.trim_end_matches(['s', 'm', 'h', 'd']);
    let unit = match &text[digits.len()..] {
        "m" => 60.0,
        "h" => 3600.0,
        "d" => 86400.0,
        _ => 1.0,
    };
    let number: f64 = digits.parse().ok()?;
    Duration::try_from_secs_f64(number * unit).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(argv: &[&str]) -> Vec<String> {
        let argv: Vec<_> = argv.iter().map(|word| (*word).to_owned()).collect();
        Script::of(&argv).0.iter().map(|clause| format!("{:?} {}", clause.joint, clause.words.join("|"))).collect()
    }

    #[test]
    fn a_shell_line_is_split_at_its_joints_and_not_inside_quotes() {
        assert_eq!(
            told(&["sh", "-c", "echo 'a; b' && sleep 1 || exit 3; exec true"]),
            ["Always echo|a; b", "And sleep|1", "Or exit|3", "Always true"]
        );
        assert_eq!(told(&["nginx", "-g", "daemon off;"]), ["Always nginx|-g|daemon off;"]);
    }

    #[test]
    fn what_is_beyond_it_is_one_program() {
        assert_eq!(told(&["sh", "-c", "while true; do sleep 1; done"]), ["Always while true; do sleep 1; done"]);
    }

    #[test]
    fn sleep_knows_units_and_for_ever() {
        assert_eq!(seconds("0.5"), Some(Duration::from_millis(500)));
        assert_eq!(seconds("2m"), Some(Duration::from_secs(120)));
        assert_eq!(seconds("infinity"), None);
    }
}
