//! Images, dependencies, hooks and dsenv's own keys.

use crate::resolve::testing::attributes;

attributes! {
    build: "image: null
build: {context: /lab/app, args: {A: 1, B: null}, target: dev, labels: {a: b}, cache_from: [x], no_cache: true, network: host, pull: true, shm_size: 1m, extra_hosts: {h: [1.2.3.4]}, tags: [t], ulimits: {nofile: 3}}"
        => r#"fixed.image = "lab-web"
source.build = [{"context":"/lab/app","dockerfile":{"path":"Dockerfile"},"args":{"A":"1"},"target":"dev","labels":{"a":"b"},"tags":["t"],"cache_from":["x"],"no_cache":true,"pull":true,"network":"host","extra_hosts":["h:1.2.3.4"],"shm_size":1048576,"ulimits":{"nofile":{"soft":3,"hard":3}}},"missing"]
source.pull unset"#;
    build_inline: "build: {context: /lab/app, dockerfile_inline: FROM scratch}
platform: linux/amd64"
        => r#"fixed.platform = "linux/amd64"
source.build = [{"context":"/lab/app","dockerfile":{"inline":"FROM scratch"},"platforms":["linux/amd64"]},"missing"]
source.pull unset"#;
    build_without_a_context: "build: {context: /lab/nothing}"
        => r#"source.build = [{"context":"/lab/nothing","dockerfile":{"path":"Dockerfile"}},"missing"]
source.pull unset
DS0713 Warning: service `web` is built from /lab/nothing, which is not there at `/lab/nothing`"#;
    build_without_a_dockerfile: "build: {context: /lab/app, dockerfile: Other}"
        => r#"source.build = [{"context":"/lab/app","dockerfile":{"path":"Other"}},"missing"]
source.pull unset
DS0713 Warning: service `web` is built from /lab/app/Other, which is not there at `Other`"#;
    build_with_buildkit:
        "build: {context: /lab/app, ssh: {default: null, deploy: /lab/key}, cache_from: [x, 'type=registry,ref=y'], cache_to: [type=inline], additional_contexts: {a: /b}, provenance: false, sbom: false, platforms: [linux/amd64], privileged: true, secrets: [{source: token, target: t}], entitlements: [network.host], no_cache_filter: [a]}"
        => r#"source.build = [{"context":"/lab/app","dockerfile":{"path":"Dockerfile"},"cache_from":["x","type=registry,ref=y"],"cache_to":["type=inline"],"no_cache_filter":["a"],"platforms":["linux/amd64"],"additional_contexts":{"a":"/b"},"ssh":["default","deploy=/lab/key"],"secrets":{"t":{"content":"59a8373523adf9709c70bcec2c2dfe683c0d69a24dc825ce6bf73607acb27096"}},"entitlements":["network.host"],"privileged":true},"missing"]
source.pull unset"#;
    build_for_containerds_store: "build: {context: /lab/app, cache_to: [x, 'type=registry,ref=y'], cache_from: ['type=gha'], provenance: 'mode=max,disabled=false', sbom: 'true', platforms: [linux/amd64, linux/arm64]}"
        => r#"source.build = [{"context":"/lab/app","dockerfile":{"path":"Dockerfile"},"cache_from":["type=gha"],"cache_to":["x","type=registry,ref=y"],"platforms":["linux/amd64","linux/arm64"],"provenance":"mode=max"},"missing"]
source.pull unset"#;
    build_with_a_cache_in_a_folder: "build: {context: /lab/app, cache_from: ['type=local,src=./c'], cache_to: ['mode=max,type=local,dest=/c']}"
        => r#"source.build = [{"context":"/lab/app","dockerfile":{"path":"Dockerfile"},"cache_from":["type=local,src=/lab/./c"],"cache_to":["mode=max,type=local,dest=/c"]},"missing"]
source.pull unset"#;
    build_beyond_the_engine:
        "build: {context: /lab/app, isolation: hyperv, secrets: [{source: token, uid: '1', mode: 0400}]}"
        => "DS0701 Error: service `web` has `build.isolation`, and only a Windows engine knows it at `hyperv`
DS0702 Warning: `build.secrets.uid` of service `web` has no effect: the Dockerfile says it, at `RUN --mount=type=secret,uid=…,gid=…,mode=…` at `secrets`
DS0702 Warning: `build.secrets.mode` of service `web` has no effect: the Dockerfile says it, at `RUN --mount=type=secret,uid=…,gid=…,mode=…` at `secrets`";
    pull_policy: "pull_policy: every_12h" => r#"source.pull = {"every":{"secs":43200,"nanos":0}}"#;
    pull_policy_daily: "pull_policy: daily" => r#"source.pull = {"every":{"secs":86400,"nanos":0}}"#;
    pull_policy_build: "pull_policy: build"
        => "DS0709 Error: service `web` is to be built, and has no `build:` at `build`";
    pull_refresh_after: "pull_policy: refresh
pull_refresh_after: 5m"
        => r#"source.pull = {"every":{"secs":300,"nanos":0}}"#;
    pull_refresh_after_nothing: "pull_policy: refresh"
        => "DS0709 Error: service `web` refreshes its image, but not how often at `refresh`";
    pull_refresh_after_alone:
        "pull_refresh_after: 5m"
        => "DS0702 Warning: `pull_refresh_after` of service `web` has no effect: it belongs to `pull_policy: refresh` at `5m`";
    depends_on:
        "depends_on: {db: {condition: service_healthy, restart: true}, gone: {condition: service_started, required: false}}"
        => r#"depends_on.db = {"condition":"service_healthy","restart":true,"required":true}"#;
    pre_start:
        "pre_start: [{command: [migrate], image: tools, user: root, working_dir: /m, environment: {A: b}, per_replica: true, privileged: true}]"
        => r#"hooks.pre_start = [{"image":"tools","hook":{"command":["migrate"],"user":"root","privileged":true,"working_dir":"/m","environment":{"A":"b"}},"per_replica":true}]"#;
    post_start: "post_start: [{command: [warm]}]" => r#"hooks.post_start = [{"command":["warm"]}]"#;
    pre_stop: "pre_stop: [{command: [drain]}]" => r#"hooks.pre_stop = [{"command":["drain"]}]"#;
    models: "models: {llm: null}"
        => r#"fixed.environment = {"LLM_MODEL":"a"}"#;
    models_under_other_names: "models: {llm: {model_var: NAME, endpoint_var: WHERE}}"
        => r#"fixed.environment = {"NAME":"a"}"#;
    own_keys: "x-dsenv: {job: true, drain: 3s, settle: 2s, timeout: 1m, ignore_changes: [environment.A], url: 'http://a', urls: ['http://b'], lossy: [models]}
models: {llm: null}"
        => r#"fixed.environment = {"LLM_MODEL":"a"}
gate.limit.secs = 60
gate.settle.nanos = 0
gate.settle.secs = 2
ignore_changes = ["environment.A"]
job = true
lossy = ["models"]
rollback.drain.secs = 3
update.drain.secs = 3
urls = ["http://a","http://b"]"#;
    own_keys_that_only_a_watch_reads:
        "x-dsenv: {sync_back: [/work], restart_unhealthy: false}"
        => "";
    a_job_without_end: "x-dsenv: {job: true}
restart: always"
        => r#"job = true
tunable.restart = "always"
DS0714 Warning: service `web` is a job, but starts again whenever it ends at `always`"#;
}
