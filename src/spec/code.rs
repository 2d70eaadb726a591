//! The codes of diagnostics: stable, one for each kind of mistake, each with its long form for `dsenv explain`.

macro_rules! codes {
    ($($name:ident $code:literal $title:literal $text:literal)*) => {
        $(#[doc = $title] pub const $name: &str = $code;)*

        /// Every code with its title and its long form, in order.
        pub const ALL: &[Code] = &[$(Code { code: $code, title: $title, text: $text },)*];
    };
}

/// A code with its title and its long form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// Such as `DS0101`.
    pub code: &'static str,
    /// A few words.
    pub title: &'static str,
    /// What it means, why it is so, and how to mend it.
    pub text: &'static str,
}

codes! {
    SYNTAX "DS0101" "not valid YAML"
        "The text breaks the grammar of YAML at this place. The cause is often a line above: a missing space behind a colon, a tab, an unclosed quote or bracket, or a line that is indented by mistake."
    TOO_MUCH "DS0102" "too large, too deep, or too many aliases"
        "A spec has at most 16 MiB, 1,200,000 keys and values, 100,000 entries in a list or map, 100 levels, and 100,000 values that aliases add. A file beyond that is taken for a mistake or an attack and is refused before it costs memory."
    DUPLICATE_KEY "DS0103" "a key twice in one map"
        "YAML allows a key once in a map; one of the two would be lost in silence. Keep the one you mean. To build on a map defined elsewhere, use a merge key (`<<: *name`)."
    KEY_NOT_TEXT "DS0104" "a key that is no text"
        "Keys are texts. A bare number, `true`, `false` or `null` as a key must be quoted."
    ALIAS "DS0105" "an alias of nothing, or a merge of no map"
        "An alias (`*name`) stands for a node that was finished before it; it cannot stand inside that node. A merge key (`<<`) takes a map or a list of maps."
    FILE "DS0106" "a file that cannot be read"
        "The file is missing, is a folder, is no regular file, or may not be read by you. Paths are taken from the project's folder, those of `extends` and `include` from the file that has them."
    ENCODING "DS0107" "not UTF-8"
        "Specs are UTF-8, with or without a byte order mark. Save the file as UTF-8."
    EMPTY "DS0108" "nothing in the file"
        "The file has no document, or an empty one. A spec is a map with `services`. Beside other files an empty one does no harm, and is a warning."
    UNKNOWN_KEY "DS0201" "an unknown key"
        "The key is not in the Compose Specification at this place. Own keys begin with `x-`; dsenv's are under `x-dsenv`."
    WRONG_TYPE "DS0202" "a value of the wrong kind"
        "The key takes another kind of value: a text, a number, a truth value, a list or a map. A number or truth value is made a text by quotes."
    WRONG_VALUE "DS0203" "a value that says nothing sensible"
        "The value is of the right kind but is none of those the key takes, or does not follow its grammar."
    MISSING_KEY "DS0204" "a key that must be there"
        "The map lacks a key without which it means nothing."
    NAME "DS0205" "a name with letters that are not allowed"
        "Names of services, networks, volumes, configs, secrets and models have letters, digits, `.`, `_` and `-`. The name of an environment has lowercase letters, digits, `-` and `_`, and begins with a letter or a digit."
    MERGE "DS0206" "two values that cannot be merged"
        "A later file, or a service that extends another, gives a key another kind of value than the earlier one: a list over a map, say. Use the same kind, or `!override` to replace the earlier value."
    TWICE "DS0207" "the same twice in one list"
        "The Compose Specification wants each item of this list once; a second one has no meaning. Keep one of the two."
    INTERPOLATION "DS0301" "no valid variable"
        "`$NAME` and `${NAME}` stand for a variable's value, `${NAME:-text}` has a default, `${NAME:?text}` must be set, `${NAME:+text}` stands for the text if it is set; without the colon an empty value counts as set. A plain `$` is written `$$`."
    REQUIRED_VARIABLE "DS0302" "a variable that must be set"
        "The spec says `${NAME:?…}`: it cannot do without the variable. Set it in the environment, in `.env` in the project's folder, or in a file given by --env-file."
    UNSET_VARIABLE "DS0303" "a variable that is not set"
        "The variable is not set and has no default, so it counts as empty. Set it, give a default (`${NAME:-text}`), or write `$$` if a plain `$` is meant, as in shell commands."
    EXTENDS "DS0401" "extends a service that is not there"
        "`extends` names a service of the same file, of an included one, or of the file it names. No such service is there."
    CYCLE_OF_FILES "DS0402" "extends or includes itself"
        "A service cannot extend itself, and a file cannot include itself, not by way of others either."
    ENV_FILE "DS0404" "a file of variables that cannot be read"
        "A file of `env_file`, `label_file` or --env-file is missing or has a line that is no assignment. `required: false` lets a file of `env_file` be missing."
    NO_IMAGE "DS0501" "neither image nor build"
        "A service runs an image: name one with `image`, or say how to make one with `build`."
    UNDEFINED_NETWORK "DS0502" "an undefined network"
        "The network is not among the top-level `networks`. Define it there; `name: {}` is enough."
    UNDEFINED_VOLUME "DS0503" "an undefined volume"
        "The volume is not among the top-level `volumes`. Define it there; `name: {}` is enough. A path of the host begins with `./`, `/` or `~`."
    UNDEFINED_SECRET "DS0504" "an undefined secret"
        "The secret is not among the top-level `secrets`."
    UNDEFINED_CONFIG "DS0505" "an undefined config"
        "The config is not among the top-level `configs`."
    UNDEFINED_MODEL "DS0506" "an undefined model"
        "The model is not among the top-level `models`."
    UNDEFINED_SERVICE "DS0507" "an undefined service"
        "No service has this name."
    INACTIVE_SERVICE "DS0508" "a service whose profile is off"
        "The service depends on one that is there only under a profile, and none of its profiles is on. Switch one on with --profile, or make the dependency optional with `required: false`."
    CYCLE "DS0509" "services that wait for each other"
        "Each service in the ring waits for the next, so none could ever start. Dependencies come from `depends_on`, `links`, `volumes_from`, and from `service:` in `network_mode`, `ipc`, `pid` and `uts`."
    CONTAINER_NAME "DS0510" "one name for several containers"
        "`container_name` gives one container its name; a service with several replicas cannot have it."
    DISAGREE "DS0511" "two keys that say different things"
        "Some things can be said in two places, such as `scale` and `deploy.replicas`, or `mem_limit` and `deploy.resources.limits.memory`. When both are given they must agree."
    EXCLUSIVE "DS0512" "keys that exclude each other"
        "Each of the keys says by itself how it is to be; together they contradict."
    CONTENT "DS0513" "where the content comes from"
        "A config or secret has exactly one source: `file`, `environment`, or for a config `content`; an external one has none."
    MOUNT "DS0514" "a mount without a source or a target"
        "A bind needs a path of the host as source, and every mount needs a path in the container as target."
    UNUSED "DS0601" "declared and never used"
        "The volume, network, config or secret is declared at the top level but no service uses it. It is not created."
    OBSOLETE "DS0602" "a key without meaning"
        "`version` had a meaning in old Compose files; it is read and ignored. Remove it."
    NO_HEALTHCHECK "DS0603" "waits for health of a service without check"
        "A service waits for another to be healthy, but that one has no `healthcheck` in the spec. If its image has none either, the wait fails."
    SAME_PORT "DS0604" "two services on one port of the host"
        "Two services offer the same port on the same address; the second one to start fails."
    TRUTH_VALUE "DS0605" "a word that older YAML takes for a truth value"
        "`yes`, `no`, `on` and `off` are texts in YAML 1.2. Write `true` or `false`."
    CUT_COMMAND "DS0606" "a command that is cut off"
        "A command written as one line is split into words, but no shell reads it. At an unquoted `;`, `&`, `|`, `<` or `>` the rest is dropped, as Compose does. Run a shell: `[\"sh\", \"-c\", \"…\"]`."
    UNSUPPORTED "DS0701" "a key that dsenv cannot do"
        "The Compose Specification has the key, but dsenv has no way to do what it says, and would have to leave it out. It never does so in silence. Remove the key, or list it under the service's `x-dsenv.lossy`, or give --allow-lossy KEY, to go on without it."
    NO_EFFECT "DS0702" "a key without effect here"
        "The key means something to another kind of engine (Swarm, Windows) or together with another key. On one Docker engine nothing follows from it. Remove it, or list it under the service's `x-dsenv.lossy` to hear no more of it."
    CONTENT_FILE "DS0703" "the file of a config or secret cannot be read"
        "dsenv reads the file and carries its content to the engine, so it must be a readable file on this machine, of at most 16 MiB. Mount larger files and folders under `volumes`."
    CONTENT_VARIABLE "DS0704" "the variable of a config or secret is not set"
        "The content comes from a variable of the environment or of `.env`, which is not there. An empty one would do; set it to what the service needs."
    CONTENT_ELSEWHERE "DS0705" "a config or secret that is kept elsewhere"
        "External configs and secrets, drivers and templates belong to Swarm's own store, from which a single engine gives nothing out. Give the content as a file, a variable, or for a config as a text."
    FILE_OWNER "DS0706" "an owner that is no number"
        "The `uid` and `gid` of a config or secret are numbers: names have a meaning only inside the image, and the file is made outside."
    OVERLAP "DS0707" "two things mounted at one path"
        "Volumes, memory, configs and secrets each need a path of their own in the container."
    SECCOMP "DS0708" "a seccomp profile that cannot be used"
        "`seccomp=FILE` in `security_opt` names a JSON file on this machine, from the project's folder; its content is given to the engine. `seccomp=unconfined` switches the engine's own profile off."
    PULL_POLICY "DS0709" "a pull policy that lacks something"
        "`pull_policy: build` needs a `build`, and `pull_policy: refresh` needs a `pull_refresh_after`."
    PROTOCOL "DS0710" "an unknown protocol"
        "A port speaks tcp, udp or sctp."
    NAMESPACE "DS0711" "an unknown namespace"
        "An IPC namespace is `shareable`, `private`, `host`, `none`, `service:NAME` or `container:NAME`."
    MISSING_SOURCE "DS0712" "a bind of nothing"
        "The path is not on the engine's host, which is this machine, and `create_host_path: false` says that it is not to be made. The container cannot be created; the services that do not depend on it are."
    MISSING_CONTEXT "DS0713" "a build of nothing"
        "The folder of the build, or its Dockerfile, is not there. When the image is not there either, its build will fail."
    ENDLESS_JOB "DS0714" "a job without an end"
        "A job is done when it exits with 0: another service waits for its success, or it says so itself. With `restart: always` or `unless-stopped` the engine starts it again each time, so it is never done."
}

/// The long form of a code.
pub fn find(code: &str) -> Option<&'static Code> {
    ALL.iter().find(|known| known.code.eq_ignore_ascii_case(code))
}

#[cfg(test)]
mod tests {
    #[test]
    fn codes_are_sorted_and_stand_once() {
        assert!(super::ALL.is_sorted_by(|a, b| a.code < b.code));
    }
}
