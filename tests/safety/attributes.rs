//! Attributes that are no field of a container: dsenv itself acts on them, and the engine shows what came of it.

use super::lab::{Lab, docker};

const SPEC: &str = "
x-run: &run {image: busybox, stop_grace_period: 2s, command: [sh, -c, 'trap exit TERM; while :; do sleep 0.1; done']}
services:
  named:
    <<: *run
    container_name: PROJECT-by-hand
    pull_policy: never
  many: {<<: *run, scale: 2}
  deployed:
    <<: *run
    deploy:
      replicas: 2
      resources: {limits: {memory: 64m, cpus: '0.5', pids: 50}, reservations: {memory: 32m}}
      restart_policy: {condition: on-failure, max_attempts: 3}
  filled:
    <<: *run
    env_file: [one.env, {path: none.env, required: false}]
    label_file: one.labels
    environment: {OWN: 'yes'}
  extended: {extends: {file: base.yaml, service: base}}
  off: {<<: *run, profiles: [more]}
  on: {<<: *run, profiles: [some]}
  hooked:
    <<: *run
    volumes: [marks:/marks]
    pre_start: [{command: [sh, -c, 'echo before >>/marks/hooks']}]
    post_start: [{command: [sh, -c, 'echo behind >>/marks/hooks']}]
    pre_stop: [{command: [sh, -c, 'echo stopping >>/marks/hooks']}]
  first: {<<: *run, healthcheck: {test: [CMD, 'true'], interval: 1s}}
  second: {<<: *run, depends_on: {first: {condition: service_healthy}}}
  job: {image: busybox, command: ['true'], x-dsenv: {job: true}}
  quiet: {image: busybox, command: [sh, -c, 'echo hush; exec sleep 1000'], stop_grace_period: 0s, attach: false}
volumes: {marks: {}}
";

#[test]
fn attributes_that_dsenv_acts_on_show_on_the_engine() {
    let lab = Lab::new("attributes");
    std::fs::write(lab.path("one.env"), "FROM_FILE=a b\nOWN=no\n").unwrap();
    std::fs::write(lab.path("one.labels"), "from.file=a\n").unwrap();
    let base = "services:\n  base: {image: busybox, command: [sleep, '1000'], stop_grace_period: 0s, environment: {BASE: '1'}}\n";
    std::fs::write(lab.path("base.yaml"), base).unwrap();
    lab.write(&SPEC.replace("PROJECT", &lab.project));
    lab.expect(0, &["--profile", "some", "apply", "--yes"]);

    let count = |service: &str| {
        let filter = format!("label=com.docker.compose.service={service}");
        lab.list(&["ps", "-a", "--format", "{{.Names}}", "--filter", &filter]).len()
    };
    assert_eq!(docker(&["inspect", "--format", "{{.State.Status}}", &format!("{}-by-hand", lab.project)]), "running");
    assert_eq!(["many", "deployed", "on", "off"].map(count), [2, 2, 1, 0]);
    let limits = "{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.HostConfig.PidsLimit}} {{.HostConfig.MemoryReservation}} \
                  {{.HostConfig.RestartPolicy.Name}} {{.HostConfig.RestartPolicy.MaximumRetryCount}}";
    assert_eq!(lab.inspect("deployed", limits), "67108864 500000000 50 33554432 on-failure 3");
    let environment = lab.inspect("filled", "{{json .Config.Env}}");
    assert!(environment.contains("FROM_FILE=a b") && environment.contains("OWN=yes"), "{environment}");
    assert_eq!(lab.inspect("filled", "{{index .Config.Labels \"from.file\"}}"), "a");
    assert!(lab.inspect("extended", "{{json .Config.Env}}").contains("BASE=1"));
    let (first, second) = (lab.inspect("first", "{{.State.StartedAt}}"), lab.inspect("second", "{{.State.StartedAt}}"));
    assert!(first < second, "{first} {second}");
    assert_eq!(lab.inspect("first", "{{.State.Health.Status}}"), "healthy");
    assert_eq!(lab.inspect("job", "{{.State.Status}} {{.State.ExitCode}}"), "exited 0");
    assert_eq!(docker(&["logs", &lab.name("quiet")]), "hush");
    assert!(!lab.expect(0, &["logs"]).contains("hush"), "`attach: false` is left out");
    assert!(lab.expect(0, &["logs", "quiet"]).contains("hush"), "unless it is named");

    let marks =
        |lab: &Lab| docker(&["run", "--rm", "-v", &format!("{}_marks:/m", lab.project), "busybox", "cat", "/m/hooks"]);
    assert_eq!(marks(&lab), "before\nbehind");
    lab.expect(0, &["destroy", "--yes"]);
    assert_eq!(marks(&lab), "before\nbehind\nstopping");
}
