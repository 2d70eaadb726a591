//! What is special about each key before it has a type: its short form, how it merges, what path it holds.
//!
//! One table, walked by [`super::expand`], [`super::merge`] and [`super::paths`]. A key that is not in it has no short
//! form, merges deep, and holds no path.

use super::expand::Short;
use super::merge::key;
use crate::yaml::Node;

/// What is special about a key.
#[derive(Clone, Copy)]
pub struct Rule {
    /// The short form that it may have.
    pub short: Option<Short>,
    /// The short form has a grammar of its own, so a variable that is not replaced yet hides what it says.
    pub has_grammar: bool,
    /// Nothing behind the key is as good as no key.
    pub nothing_is_absent: bool,
    /// Which scalars it takes, where its type takes more.
    pub scalar: Scalar,
    /// A list in which nothing may stand twice.
    pub distinct: bool,
    /// How a later value meets an earlier one.
    pub merge: Merge,
    /// What path it holds.
    pub path: Option<PathKind>,
    /// The rules below it.
    pub below: Below,
}

/// Which scalars a key takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Scalar {
    /// Those of its type.
    Any,
    /// Texts.
    Text,
    /// Texts and numbers.
    TextOrNumber,
    /// Texts, numbers and nothing.
    NoTruth,
}

/// How a later value meets an earlier one.
#[derive(Clone, Copy)]
pub enum Merge {
    /// Maps key by key, lists one behind the other, scalars replaced.
    Deep,
    /// Key by key, where nothing behind a later key counts: it unsets.
    Mapping,
    /// The later one stands alone.
    Replace,
    /// A list whose items have a key: a later one takes the place of an earlier one of the same key.
    Keyed(fn(&Node) -> String),
    /// Deep, unless both name a driver and they differ.
    SameDriver,
    /// Pools of addresses: merged by subnet, pools that the later one does not name are dropped.
    Pools,
}

/// What path a value holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum PathKind {
    /// A path of the host.
    Local,
    /// A path of the host, with symbolic links resolved.
    Watched,
    /// A path of the host, or an address that a builder knows.
    Context,
    /// A mount, whose source is a path if it is a bind.
    Mount,
    /// A volume, whose device is a path if it is a bind in truth.
    Volume,
}

/// The rules below a key.
#[derive(Clone, Copy)]
pub enum Below {
    /// None.
    Nothing,
    /// By key, sorted.
    Keys(&'static [(&'static str, Rule)]),
    /// The same for every value of a map or list.
    Each(&'static Rule),
}

impl Rule {
    /// The rule for a key below this one; nothing special if there is none.
    pub fn at(&self, name: &str) -> &'static Rule {
        match self.below {
            Below::Nothing => &PLAIN,
            Below::Each(rule) => rule,
            Below::Keys(table) => table.binary_search_by(|(key, _)| key.cmp(&name)).map_or(&PLAIN, |at| &table[at].1),
        }
    }

    const fn short(self, short: Short) -> Self {
        Self { short: Some(short), ..self }
    }

    const fn grammar(self, short: Short) -> Self {
        Self { short: Some(short), has_grammar: true, ..self }
    }

    const fn absent(self) -> Self {
        Self { nothing_is_absent: true, ..self }
    }

    const fn takes(self, scalar: Scalar) -> Self {
        Self { scalar, ..self }
    }

    const fn distinct(self) -> Self {
        Self { distinct: true, ..self }
    }

    const fn merges(self, merge: Merge) -> Self {
        Self { merge, ..self }
    }

    const fn keyed(self, key: fn(&Node) -> String) -> Self {
        Self { merge: Merge::Keyed(key), ..self }
    }

    const fn path(self, path: PathKind) -> Self {
        Self { path: Some(path), ..self }
    }

    const fn keys(self, table: &'static [(&'static str, Rule)]) -> Self {
        Self { below: Below::Keys(table), ..self }
    }

    const fn each(self, rule: &'static Rule) -> Self {
        Self { below: Below::Each(rule), ..self }
    }
}

/// Nothing special.
pub static PLAIN: Rule = rule();

const fn rule() -> Rule {
    Rule {
        short: None,
        has_grammar: false,
        nothing_is_absent: false,
        scalar: Scalar::Any,
        distinct: false,
        merge: Merge::Deep,
        path: None,
        below: Below::Nothing,
    }
}

const LABELS: Rule = rule().short(Short::Labels).merges(Merge::Mapping);
const VARIABLES: Rule = rule().short(Short::Variables).merges(Merge::Mapping);
const STRINGS: Rule = rule().short(Short::OneOrMany);
const TEXTS: Rule = rule().keyed(key::text);
const WHOLE: Rule = rule().distinct().keyed(key::whole);
const COMMAND: Rule = rule().grammar(Short::Command).absent().merges(Merge::Replace);
const HOSTS: Rule = rule().grammar(Short::Hosts).distinct().each(&rule().keyed(key::whole));
const OPTIONS: Rule = rule().each(&rule().takes(Scalar::TextOrNumber));
const TEXT: Rule = rule().takes(Scalar::Text);
const GRANTS: Rule = rule().each(&rule().short(Short::Grant).keys(&[("gid", TEXT), ("uid", TEXT)]));
const ULIMITS: Rule = rule().each(&rule().grammar(Short::Ulimit).merges(Merge::Replace));
const DISTINCT: Rule = rule().distinct();
const REQUEST: Rule = rule().keys(&[("capabilities", DISTINCT), ("device_ids", DISTINCT), ("options", LABELS)]);
const REQUESTS: Rule = rule().grammar(Short::Requests).each(&REQUEST);
const HOOK: Rule = rule().keys(&[("command", COMMAND), ("environment", VARIABLES)]);
const HOOKS: Rule = rule().each(&HOOK);
const LOCAL: Rule = rule().path(PathKind::Local);
const FILE: Rule = rule().short(Short::External).keys(&[("file", LOCAL), ("labels", LABELS)]);

/// The whole spec.
pub static ROOT: Rule = rule().keys(&[
    ("configs", rule().each(&FILE)),
    ("models", rule().each(&rule().short(Short::OrEmpty))),
    ("networks", rule().each(&NETWORK)),
    ("secrets", rule().each(&FILE)),
    ("services", rule().each(&SERVICE)),
    ("volumes", rule().each(&VOLUME)),
]);

const NETWORK: Rule = rule().short(Short::External).keys(&[
    ("driver_opts", OPTIONS),
    ("ipam", rule().keys(&[("config", rule().merges(Merge::Pools)), ("options", rule().each(&TEXT))])),
    ("labels", LABELS),
]);

const VOLUME: Rule =
    rule().short(Short::External).path(PathKind::Volume).keys(&[("driver_opts", OPTIONS), ("labels", LABELS)]);

const BUILD: Rule = rule().short(Short::Build).keys(&[
    ("additional_contexts", LABELS.short(Short::Contexts).each(&rule().path(PathKind::Context))),
    ("args", VARIABLES),
    ("context", rule().path(PathKind::Context)),
    ("extra_hosts", HOSTS),
    ("labels", LABELS),
    ("no_cache_filter", STRINGS),
    ("secrets", GRANTS.keyed(key::secret)),
    ("ssh", VARIABLES.distinct()),
    ("tags", TEXTS),
    ("ulimits", ULIMITS),
]);

const DEPLOY: Rule = rule().absent().keys(&[
    ("labels", LABELS),
    ("resources", rule().keys(&[("reservations", rule().keys(&[("devices", REQUESTS)]))])),
]);

const MOUNT: Rule =
    rule().grammar(Short::Mount).path(PathKind::Mount).keys(&[("volume", rule().keys(&[("labels", LABELS)]))]);

const ATTACHMENT: Rule = rule().keys(&[("aliases", TEXTS), ("driver_opts", OPTIONS), ("link_local_ips", TEXTS)]);

const WATCH: Rule = rule().keys(&[
    ("exec", HOOK),
    ("ignore", STRINGS.distinct()),
    ("include", STRINGS.distinct()),
    ("path", rule().path(PathKind::Watched)),
]);

/// One service.
pub static SERVICE: Rule = rule().keys(&[
    ("annotations", LABELS),
    ("build", BUILD),
    ("cap_add", TEXTS),
    ("cap_drop", TEXTS),
    ("command", COMMAND),
    ("configs", GRANTS.keyed(key::config)),
    ("depends_on", rule().short(Short::DependsOn).distinct()),
    ("deploy", DEPLOY),
    ("develop", rule().absent().keys(&[("watch", rule().each(&WATCH))])),
    ("device_cgroup_rules", WHOLE),
    ("devices", rule().keyed(key::target).each(&rule().grammar(Short::Device))),
    ("dns", rule().short(Short::Servers).keyed(key::text)),
    ("dns_opt", TEXTS),
    ("dns_search", STRINGS.keyed(key::text)),
    ("entrypoint", COMMAND),
    ("env_file", STRINGS.keyed(key::path).each(&rule().short(Short::EnvFile).keys(&[("path", LOCAL)]))),
    ("environment", VARIABLES),
    ("expose", TEXTS.each(&rule().takes(Scalar::TextOrNumber))),
    ("extends", rule().short(Short::Extends)),
    ("external_links", WHOLE),
    ("extra_hosts", HOSTS),
    ("gpus", REQUESTS),
    ("group_add", WHOLE.each(&rule().takes(Scalar::TextOrNumber))),
    ("healthcheck", rule().keys(&[("test", rule().short(Short::HealthTest).merges(Merge::Replace))])),
    ("label_file", STRINGS.each(&LOCAL)),
    ("labels", LABELS),
    ("links", TEXTS),
    ("logging", rule().merges(Merge::SameDriver).keys(&[("options", rule().each(&rule().takes(Scalar::NoTruth)))])),
    ("models", rule().short(Short::Names).distinct()),
    ("networks", rule().short(Short::Names).each(&ATTACHMENT).distinct()),
    ("pid", rule().absent()),
    ("ports", rule().grammar(Short::Ports).keyed(key::port)),
    ("post_start", HOOKS),
    ("pre_start", HOOKS),
    ("pre_stop", HOOKS),
    ("profiles", TEXTS),
    ("secrets", GRANTS.keyed(key::secret)),
    ("security_opt", WHOLE),
    ("sysctls", LABELS),
    ("tmpfs", STRINGS.keyed(key::text)),
    ("ulimits", ULIMITS),
    ("volumes", rule().keyed(key::target).each(&MOUNT)),
    ("volumes_from", WHOLE),
]);

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rule: &Rule, seen: &str) {
        match rule.below {
            Below::Nothing => {}
            Below::Each(rule) => check(rule, seen),
            Below::Keys(table) => {
                assert!(table.is_sorted_by(|(a, _), (b, _)| a < b), "the table at `{seen}` is not sorted");
                table.iter().for_each(|(key, rule)| check(rule, key));
            }
        }
    }

    #[test]
    fn every_table_is_sorted() {
        check(&ROOT, "");
    }
}
