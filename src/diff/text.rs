//! Hunks of two texts, and the marked lines of two lists. The only file that names similar.

use similar::{ChangeTag, TextDiff};

use super::conceal::conceal;

/// Where a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// In both.
    Both,
    /// In the old text only.
    Old,
    /// In the new text only.
    New,
}

/// A line, without its newline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Where it stands.
    pub side: Side,
    /// What it says.
    pub text: String,
    /// Whether the text ends here without a newline.
    pub unended: bool,
}

/// Lines that differ, with some around them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hunk {
    /// The first line's number in the old text, from 1.
    pub old: usize,
    /// The first line's number in the new text, from 1.
    pub new: usize,
    /// The lines, in order.
    pub lines: Vec<Line>,
}

/// Where two texts differ, line by line, with `around` equal lines before and behind. Empty if they are the same.
pub fn hunks(before: &str, after: &str, around: usize) -> Vec<Hunk> {
    let diff = TextDiff::from_lines(before, after);
    let groups = diff.grouped_ops(around);
    groups
        .iter()
        .filter_map(|ops| {
            let first = ops.first()?;
            let lines = ops.iter().flat_map(|op| diff.iter_changes(op)).map(|change| Line {
                side: side(change.tag()),
                text: change.value().trim_end_matches(['\n', '\r']).to_owned(),
                unended: change.missing_newline(),
            });
            Some(Hunk { old: first.old_range().start + 1, new: first.new_range().start + 1, lines: lines.collect() })
        })
        .collect()
}

/// As [`hunks`], each line as it may be shown. A line that differs only in what is hidden is on both sides.
pub fn concealed_hunks(before: &str, after: &str, around: usize, secrets: &[&str]) -> Vec<Hunk> {
    let (old, new) = (conceal(before, secrets), conceal(after, secrets));
    let mut hunks = hunks(before, after, around);
    for hunk in &mut hunks {
        let (mut at_old, mut at_new) = (hunk.old - 1, hunk.new - 1);
        for line in &mut hunk.lines {
            let shown = if line.side == Side::New { new.get(at_new) } else { old.get(at_old) };
            line.text = shown.cloned().unwrap_or_default();
            at_old += usize::from(line.side != Side::New);
            at_new += usize::from(line.side != Side::Old);
        }
    }
    hunks
}

/// All items of two lists, each with the side that it is on.
pub fn items(before: &[String], after: &[String]) -> Vec<Line> {
    let (old, new): (Vec<&str>, Vec<&str>) =
        (before.iter().map(String::as_str).collect(), after.iter().map(String::as_str).collect());
    let diff = TextDiff::from_slices(&old, &new);
    diff.iter_all_changes()
        .map(|change| Line { side: side(change.tag()), text: change.value().to_owned(), unended: false })
        .collect()
}

fn side(tag: ChangeTag) -> Side {
    match tag {
        ChangeTag::Equal => Side::Both,
        ChangeTag::Delete => Side::Old,
        ChangeTag::Insert => Side::New,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(lines: &[Line]) -> Vec<String> {
        let mark = |side| match side {
            Side::Both => ' ',
            Side::Old => '-',
            Side::New => '+',
        };
        lines
            .iter()
            .map(|line| format!("{}{}{}", mark(line.side), line.text, if line.unended { "$" } else { "" }))
            .collect()
    }

    #[test]
    fn only_what_differs_and_its_neighbours_are_in_a_hunk() {
        let hunks = hunks("a\nb\nc\nd\ne\n", "a\nb\nc\nD\ne\n", 1);
        assert_eq!((hunks.len(), hunks[0].old, hunks[0].new), (1, 3, 3));
        assert_eq!(told(&hunks[0].lines), [" c", "-d", "+D", " e"]);
    }

    #[test]
    fn a_lost_newline_at_the_end_is_a_difference() {
        assert_eq!(told(&hunks("a\n", "a", 0)[0].lines), ["-a", "+a$"]);
        assert_eq!(hunks("a\n", "a\n", 3), []);
    }

    #[test]
    fn what_is_hidden_is_hidden_on_both_sides() {
        let hunks = concealed_hunks("a\ntoken: one\nb\n", "a\ntoken: two\nb two\n", 1, &["two"]);
        let lines = [" a", "-token: (sensitive)", "-b", "+token: (sensitive)", "+b (sensitive)"];
        assert_eq!(told(&hunks[0].lines), lines);
    }

    #[test]
    fn lists_keep_what_stays() {
        let list = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(told(&items(&list("a b"), &list("b c"))), ["-a", " b", "+c"]);
    }
}
