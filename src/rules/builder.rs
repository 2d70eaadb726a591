//! Which of an engine's builders makes an image. Both are older than some keys and do not know others, and an engine may
//! have one or two of them.

use super::{Feature, Rules};
use crate::model::{Build, Dockerfile, cache_type};

/// What makes images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Builder {
    /// The first one, instruction by instruction. Every engine has it.
    Classic,
    /// BuildKit.
    BuildKit,
}

/// How an engine keeps images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// In layers of its own: an image for one platform, and nothing beside it.
    Own,
    /// In containerd, whole as a registry has them (the default from Engine 29.0 on, a feature to be switched on before).
    Containerd,
}

impl Store {
    /// The first key of a build that this store has no room for, or whose cache only the other one's builder writes.
    ///
    /// # Errors
    /// When there is one.
    pub fn keeps(self, build: &Build, engine: &str) -> Result<(), Unbuildable> {
        let written = |cache: &String| cache_type(cache) != "inline";
        let read = |cache: &String| !["registry", "inline", "local"].contains(&cache_type(cache));
        let beyond = [
            ("platforms", build.platforms.len() > 1),
            ("provenance", build.provenance.is_some()),
            ("sbom", build.sbom.is_some()),
            ("cache_to", build.cache_to.iter().any(written)),
            ("cache_from", build.cache_from.iter().any(read)),
        ];
        match (self, beyond.into_iter().find(|(_, set)| *set)) {
            (Self::Containerd, _) | (Self::Own, None) => Ok(()),
            (Self::Own, Some((key, _))) => {
                let why = format!("needs containerd's image store, and {engine} keeps images in its own");
                Err(Unbuildable { key, why })
            }
        }
    }
}

/// Why no builder of this engine does all that a build asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unbuildable {
    /// The key of `build` that is in the way.
    pub key: &'static str,
    /// Why, as the end of "`build.key` …".
    pub why: String,
}

impl Rules {
    /// BuildKit where the engine has it, else the classic builder; and that one too for the few keys that only it
    /// knows.
    ///
    /// # Errors
    /// When one key needs BuildKit and the engine has none, or another key needs the classic builder.
    pub fn builder_of(&self, build: &Build) -> Result<Builder, Unbuildable> {
        if build.pull && build.services().next().is_some() {
            let why = "would look in a registry for what `additional_contexts` takes from other services".to_owned();
            return Err(Unbuildable { key: "pull", why });
        }
        match (self.builder, only_buildkit(build), self.only_classic(build)) {
            (Builder::Classic, None, _) | (Builder::BuildKit, None, Some(_)) => Ok(Builder::Classic),
            (Builder::BuildKit, _, None) => Ok(Builder::BuildKit),
            (Builder::Classic, Some(key), _) => Err(Unbuildable {
                key,
                why: format!("needs BuildKit, and the builder at hand is the classic one of {}", self.engine),
            }),
            (Builder::BuildKit, Some(other), Some((key, why))) => {
                Err(Unbuildable { key, why: format!("{why}, which `build.{other}` needs") })
            }
        }
    }

    /// Why the builder of a build does not read what its Dockerfile has and Docker's classic builder does not know, as the
    /// end of "the Dockerfile has …, which". `None`: it does. Podman's own reads all of it.
    pub fn unread(&self, build: &Build) -> Option<String> {
        if self.dialect.capabilities().reads_all_dockerfiles {
            return None;
        }
        match (self.builder_of(build), self.only_classic(build)) {
            (Ok(Builder::Classic), Some((key, why))) if self.builder == Builder::BuildKit => {
                Some(format!("needs BuildKit, and `build.{key}` {why}"))
            }
            (Ok(Builder::Classic), _) => {
                Some(format!("needs BuildKit, and the builder at hand is the classic one of {}", self.engine))
            }
            (Ok(Builder::BuildKit) | Err(_), _) => None,
        }
    }

    /// What a build asks for that only the classic builder does here: the key, and the end of "`build.key` …".
    pub fn only_classic(&self, build: &Build) -> Option<(&'static str, String)> {
        let old = || format!("is unknown to the BuildKit of {}", self.engine);
        let network = |network: &str| !["default", "none", "host"].contains(&network);
        if build.network.as_deref().is_some_and(network) {
            return Some((
                "network",
                "names a network, and none but `default`, `none` and `host` is known to BuildKit".into(),
            ));
        }
        // `URL#REFERENCE:FOLDER`
        let folder = context_folder(&build.context);
        let since_23 = [
            ("context", folder.is_some()),
            ("shm_size", build.shm_size.is_some()),
            ("ulimits", !build.ulimits.is_empty()),
            ("extra_hosts", build.extra_hosts.iter().any(|host| host.ends_with(":host-gateway"))),
        ];
        since_23.into_iter().find(|(_, set)| *set && !self.has(Feature::WholeBuildKit)).map(|(key, _)| (key, old()))
    }
}

/// The folder in a git repository that a context names.
fn context_folder(context: &str) -> Option<&str> {
    let (_, reference) = context.split_once('#').filter(|(url, _)| !url.starts_with('/'))?;
    reference.split_once(':').map(|(_, folder)| folder).filter(|folder| !folder.is_empty())
}

/// The first key that the classic builder does not know.
fn only_buildkit(build: &Build) -> Option<&'static str> {
    let typed = |caches: &[String]| caches.iter().any(|cache| cache.contains('='));
    let inline = matches!(build.dockerfile, Dockerfile::Inline(_)) && !build.context.starts_with('/');
    let needs = [
        ("secrets", !build.secrets.is_empty()),
        ("ssh", !build.ssh.is_empty()),
        ("additional_contexts", !build.additional_contexts.is_empty()),
        ("cache_to", !build.cache_to.is_empty()),
        ("cache_from", typed(&build.cache_from)),
        ("no_cache_filter", !build.no_cache_filter.is_empty()),
        ("entitlements", !build.entitlements.is_empty()),
        ("privileged", build.privileged),
        ("platforms", build.platforms.len() > 1),
        ("provenance", build.provenance.is_some()),
        ("sbom", build.sbom.is_some()),
        ("dockerfile_inline", inline),
    ];
    needs.into_iter().find(|(_, set)| *set).map(|(key, _)| key)
}

#[cfg(test)]
mod tests {
    use super::super::tests::rules;
    use super::super::{ApiVersion, Dialect};
    use super::*;

    fn build(change: impl FnOnce(&mut Build)) -> Build {
        let mut build = Build { context: "/lab/app".into(), ..Build::default() };
        change(&mut build);
        build
    }

    #[test]
    fn buildkit_builds_where_the_engine_has_it() {
        let rules = rules();
        assert_eq!(rules.builder_of(&build(|_| {})), Ok(Builder::BuildKit));
        let classic = Rules { builder: Builder::Classic, ..rules };
        assert_eq!(classic.builder_of(&build(|_| {})), Ok(Builder::Classic));
    }

    #[test]
    fn what_only_the_classic_builder_knows_is_built_by_it() {
        let rules = rules();
        assert_eq!(rules.builder_of(&build(|build| build.shm_size = Some(1))), Ok(Builder::Classic));
        assert_eq!(rules.builder_of(&build(|build| build.network = Some("lab_back".into()))), Ok(Builder::Classic));
        let git = |address: &str| rules.builder_of(&build(|build| build.context = address.into()));
        assert_eq!(git("https://git.example/lab.git#main:app"), Ok(Builder::Classic));
        assert_eq!(git("https://git.example/lab.git#main"), Ok(Builder::BuildKit));
        assert_eq!(git("/lab/c#:x"), Ok(Builder::BuildKit));
        let newer = Rules { api: ApiVersion::v1(42), ..rules };
        assert_eq!(newer.builder_of(&build(|build| build.shm_size = Some(1))), Ok(Builder::BuildKit));
    }

    #[test]
    fn a_dockerfile_for_buildkit_is_not_read_by_dockers_classic_builder() {
        let rules = rules();
        let plain = build(|_| {});
        assert_eq!(rules.unread(&plain), None);
        insta::assert_snapshot!(rules.unread(&build(|build| build.shm_size = Some(1))).unwrap(), @"needs BuildKit, and `build.shm_size` is unknown to the BuildKit of Docker Engine 20.10.24");
        let classic = Rules { builder: Builder::Classic, ..rules };
        insta::assert_snapshot!(classic.unread(&plain).unwrap(), @"needs BuildKit, and the builder at hand is the classic one of Docker Engine 20.10.24");
        assert_eq!(Rules { dialect: Dialect::Podman, ..classic }.unread(&plain), None);
    }

    #[test]
    fn what_no_builder_does_is_told_with_its_key() {
        let rules = rules();
        let told = |rules: &Rules, build: &Build| {
            let Unbuildable { key, why } = rules.builder_of(build).expect_err("no builder does that");
            format!("build.{key} {why}")
        };
        let both = build(|build| {
            build.privileged = true;
            build.shm_size = Some(1);
        });
        assert_eq!(
            told(&rules, &both),
            "build.shm_size is unknown to the BuildKit of Docker Engine 20.10.24, which `build.privileged` needs"
        );
        let classic = Rules { builder: Builder::Classic, engine: "Podman Engine 4.3.1".into(), ..rules };
        let ssh = build(|build| build.ssh = ["default".to_owned()].into());
        assert_eq!(
            told(&classic, &ssh),
            "build.ssh needs BuildKit, and the builder at hand is the classic one of Podman Engine 4.3.1"
        );
    }
}
