//! What a name that nothing has was surely meant to be.

/// Longest word, in bytes, that is compared, and most candidates: a file may have many of both.
const LONGEST: usize = 64;
const MOST: usize = 2_000;

/// The candidate that a word was surely meant to be, if there is one: at most a third of its letters
/// differ, or they stand in another order.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > LONGEST {
        return None;
    }
    let candidates = candidates.into_iter().filter(|candidate| candidate.len() <= LONGEST).take(MOST);
    let lower = word.to_lowercase().replace('-', "_");
    let distance = |candidate: &str| strsim::osa_distance(&lower, &candidate.to_lowercase().replace('-', "_"));
    let (distance, candidate) = candidates.map(|candidate| (distance(candidate), candidate)).min()?;
    let letters = |word: &str| {
        let mut letters: Vec<char> = word.chars().collect();
        letters.sort_unstable();
        letters
    };
    let near = distance <= word.chars().count().max(candidate.chars().count()) / 3;
    (near || letters(&lower) == letters(candidate)).then_some(candidate)
}

/// `did you mean …?`, or nothing.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, candidates).map(|candidate| format!("did you mean `{candidate}`?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn near_misses_are_found_and_strangers_are_not() {
        let keys = ["image", "environment", "dns", "init"];
        assert_eq!(nearest("imagee", keys), Some("image"));
        assert_eq!(nearest("enviroment", keys), Some("environment"));
        assert_eq!(nearest("DNS", keys), Some("dns"));
        assert_eq!(nearest("frobnicate", keys), None);
    }
}
