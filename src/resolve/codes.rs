//! The codes of what is said here.

/// A key that dsenv cannot do.
pub(super) const UNSUPPORTED: &str = "DS0701";
/// A key that one Docker engine alone gives no effect.
pub(super) const NO_EFFECT: &str = "DS0702";
/// The file of a config or secret that cannot be read.
pub(super) const CONTENT_FILE: &str = "DS0703";
/// The variable of a config or secret that is not set.
pub(super) const CONTENT_VARIABLE: &str = "DS0704";
/// A config or secret that is kept where dsenv cannot read it.
pub(super) const CONTENT_ELSEWHERE: &str = "DS0705";
/// The owner of a file that is no number.
pub(super) const FILE_OWNER: &str = "DS0706";
/// Two things mounted at one path.
pub(super) const OVERLAP: &str = "DS0707";
/// A seccomp profile that cannot be used.
pub(super) const SECCOMP: &str = "DS0708";
/// A service with neither an image nor a build.
pub(super) const NO_IMAGE: &str = "DS0709";
/// A pull policy that lacks what it needs.
pub(super) const PULL_POLICY: &str = "DS0710";
/// A protocol that no engine knows.
pub(super) const PROTOCOL: &str = "DS0711";
/// A namespace that no engine knows.
pub(super) const NAMESPACE: &str = "DS0712";
/// A bind whose source is not there.
pub(super) const MISSING_SOURCE: &str = "DS0713";
/// A build whose context or Dockerfile is not there.
pub(super) const MISSING_CONTEXT: &str = "DS0714";
/// A job that starts again whenever it ends.
pub(super) const ENDLESS_JOB: &str = "DS0715";
