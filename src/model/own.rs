//! The names that dsenv keeps for volumes of its own.

use super::{ProjectName, VolumeName};

/// A volume of dsenv's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Own {
    /// Contents of configs and secrets.
    Files,
    /// The lock, or the right to break a stale one.
    Lock,
    /// The record of an apply.
    Record,
    /// The key for digests.
    Key,
}

/// The kind of dsenv's own volumes that a name is kept for, whoever has it.
pub fn reserved(project: &ProjectName, name: &VolumeName) -> Option<Own> {
    let rest = name.as_str().strip_prefix(&format!("{project}_dsenv_"))?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is = |kind: &str| rest.strip_prefix(kind).is_some_and(|more| more.strip_prefix('_').is_some_and(is_number));
    match rest {
        "lock" => Some(Own::Lock),
        "key" => Some(Own::Key),
        _ if is("lock") || rest.starts_with("break_") || rest.starts_with("beat_") => Some(Own::Lock),
        _ if is("key") => Some(Own::Key),
        _ if is("record") => Some(Own::Record),
        _ if rest.starts_with("files_") => Some(Own::Files),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kept_for_what_dsenv_makes_and_for_nothing_else() {
        let kept = |rest: &str| reserved(&"lab".into(), &VolumeName::new(format!("lab_dsenv_{rest}")));
        assert_eq!([kept("lock"), kept("lock_2"), kept("break_t1"), kept("beat_t1_4")], [Some(Own::Lock); 4]);
        assert_eq!([kept("key"), kept("record_1"), kept("files_0a")].map(|own| own.is_some()), [true; 3]);
        assert_eq!(["locks", "lock_a", "record_", "record_x", "keys", "data"].map(kept), [None; 6]);
    }
}
