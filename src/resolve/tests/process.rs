//! What runs, as whom, and how it ends.

use crate::resolve::testing::attributes;

attributes! {
    texts_that_no_engine_takes:
        "working_dir: app/..
command: [a, \"b\\0\"]
environment: {\"A=B\": c, X: \"\\0\", NAME: d}
labels: {a: \"\\0\"}
post_start: [{command: x, working_dir: ./y}]
mac_address: xx
networks: {front: {ipv4_address: fd00::1, mac_address: 02-42-ac-11-00-02}, back: {ipv6_address: x}}"
        => r#"DS0203 Error: service `web` has a text with a NUL in it, which no process can be given at `"b\0"`
DS0203 Error: service `web` has a text with a NUL in it, which no process can be given at `"\0"`
DS0205 Error: `A=B` cannot be the name of a variable: it has `=` in it at `"A=B"`
DS0203 Error: `working_dir` of service `web` does not begin at the root at `app/..`
DS0203 Error: `working_dir` of service `web` does not begin at the root at `./y`
DS0203 Error: `xx` of service `web` is no address of hardware at `xx`
DS0203 Error: `x` of service `web` is no IPv6 address at `x`
DS0203 Error: `fd00::1` of service `web` is no IPv4 address at `fd00::1`"#;
    variable_without_a_name: "environment: ['=BAR', 'X=1']" => r#"fixed.environment = {"X":"1"}"#;
    command: "command: [sleep, '9']" => r#"fixed.command = ["sleep","9"]"#;
    entrypoint: "entrypoint: []" => "fixed.entrypoint = []";
    environment: "environment: {DEBUG: 1, EMPTY: '', HOME: null}"
        => r#"fixed.environment = {"DEBUG":"1","EMPTY":"","HOME":null}"#;
    user: "user: '1000:1000'" => r#"fixed.user = "1000:1000""#;
    working_dir: "working_dir: /srv" => r#"fixed.working_dir = "/srv""#;
    group_add: "group_add: [audio, 44]" => r#"fixed.group_add = ["44","audio"]"#;
    init: "init: true" => "fixed.init = true";
    tty: "tty: true" => "fixed.tty = true";
    stdin_open: "stdin_open: true" => "fixed.stdin_open = true";
    attach: "attach: false" => "";
    stop_signal: "stop_signal: SIGINT" => r#"fixed.stop_signal = "SIGINT""#;
    stop_grace_period: "stop_grace_period: 1m30s500ms" => "fixed.stop_grace_period = 91";
    restart: "restart: on-failure:3" => r#"tunable.restart = {"on-failure":3}"#;
    platform: "platform: linux/arm64" => r#"fixed.platform = "linux/arm64""#;
    runtime: "runtime: runsc" => r#"fixed.runtime = "runsc""#;
    labels: "labels: {com.example.tier: front}" => r#"fixed.labels = {"com.example.tier":"front"}"#;
    annotations: "annotations: {a: b}" => r#"fixed.annotations = {"a":"b"}"#;
    logging: "logging: {driver: local, options: {max-size: 10m}}"
        => r#"fixed.logging = {"driver":"local","options":{"max-size":"10m"}}"#;
    healthcheck:
        "healthcheck: {test: [CMD, 'true'], interval: 5s, timeout: 0s, retries: 2, start_period: 1m, start_interval: 1s}"
        => r#"fixed.healthcheck = {"probe":{"test":["CMD","true"],"interval":5000000000,"retries":2,"start_period":60000000000,"start_interval":1000000000}}"#;
    healthcheck_in_short: "healthcheck: {test: 'true'}"
        => r#"fixed.healthcheck = {"probe":{"test":["CMD-SHELL","true"]}}"#;
    healthcheck_off: "healthcheck: {test: [NONE]}" => r#"fixed.healthcheck = "disabled""#;
    container_name: "container_name: front" => r#"container_name = "front""#;
    scale: "scale: 3" => "scale = 3";
    ulimits: "ulimits: {nproc: 65535, nofile: {soft: 20, hard: 40}}"
        => r#"fixed.ulimits = {"nofile":{"soft":20,"hard":40},"nproc":{"soft":65535,"hard":65535}}"#;
    sysctls: "sysctls: {net.core.somaxconn: 1024}" => r#"fixed.sysctls = {"net.core.somaxconn":"1024"}"#;
    hostname: "hostname: front" => r#"fixed.hostname = "front""#;
    domainname: "domainname: example.com" => r#"fixed.domainname = "example.com""#;
    develop: "develop: {watch: [{path: /lab/app, action: rebuild}]}" => "";
    env_file: "env_file: []" => "";
    label_file: "label_file: []" => "";
}
