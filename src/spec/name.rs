//! Names: of environments, services, networks, and the rest.

/// The name of an environment made of what a spec or a folder is called: lowercase, without letters that are not allowed.
pub fn from_folder(folder: &str) -> String {
    let kept: String = folder.to_lowercase().chars().filter(|c| is_part_of_project(*c)).collect();
    kept.trim_start_matches(['_', '-']).to_owned()
}

/// Whether an environment may have this name: lowercase letters, digits, `-` and `_`, a letter or digit first.
pub fn is_project(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit()) && name.chars().all(is_part_of_project)
}

/// Whether a service, network, volume, config, secret or model may have this name.
pub fn is_key(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
}

fn is_part_of_project(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_become_names() {
        assert_eq!(from_folder("_My Lab.1"), "mylab1");
        assert!(is_project("lab-1_x") && !is_project("Lab") && !is_project("-x") && !is_project(""));
        assert!(is_key("a.B-_1") && !is_key("a b") && !is_key(""));
    }
}
