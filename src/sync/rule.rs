//! A rule of `develop.watch`, and where its files go.

use camino::{Utf8Path, Utf8PathBuf};

use crate::model::{Hook, ServiceName, WatchAction};

/// A rule of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Whose.
    pub service: ServiceName,
    /// Its place among the service's rules.
    pub number: usize,
    /// What it watches.
    pub path: Utf8PathBuf,
    /// What to do.
    pub action: WatchAction,
    /// Where the files go.
    pub target: String,
    /// What runs after a copy.
    pub exec: Option<Hook>,
    /// Whether everything is copied at the start too.
    pub initial_sync: bool,
}

impl Rule {
    /// As the file has it.
    pub fn name(&self) -> String {
        format!("services.{}.develop.watch[{}]", self.service, self.number)
    }

    /// Where a file of this machine goes, by its path below the rule's.
    pub fn target_of(&self, below: &Utf8Path) -> String {
        let target = self.target.trim_end_matches('/');
        match below.as_str() {
            // A file whose target is a folder keeps its name.
            "" if self.target.ends_with('/') => format!("{target}/{}", self.path.file_name().unwrap_or_default()),
            "" => target.to_owned(),
            below => format!("{target}/{below}"),
        }
    }

    /// The file of this machine.
    pub fn source_of(&self, below: &Utf8Path) -> Utf8PathBuf {
        if below.as_str().is_empty() { self.path.clone() } else { self.path.join(below) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_the_file_or_the_folder_it_goes_to() {
        let rule = |path: &str, target: &str| Rule {
            service: "web".into(),
            number: 0,
            path: path.into(),
            action: WatchAction::Sync,
            target: target.into(),
            exec: None,
            initial_sync: false,
        };
        assert_eq!(rule("/lab/src", "/app").target_of("d/a.py".into()), "/app/d/a.py");
        assert_eq!(rule("/lab/src", "/").target_of("a.py".into()), "/a.py");
        assert_eq!(rule("/lab/a.py", "/app/main.py").target_of("".into()), "/app/main.py");
        assert_eq!(rule("/lab/a.py", "/app/").target_of("".into()), "/app/a.py");
    }
}
