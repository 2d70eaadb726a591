//! Limits, replicas and updates.

use crate::resolve::testing::attributes;

attributes! {
    blkio_config:
        "blkio_config: {weight: 300, weight_device: [{path: /dev/sda, weight: 400}], device_read_bps: [{path: /dev/sdb, rate: 12mb}], device_write_iops: [{path: /dev/sdb, rate: 30}]}"
        => r#"fixed.blkio = {"weight_device":[{"path":"/dev/sda","weight":400}],"device_read_bps":[{"path":"/dev/sdb","rate":12582912}],"device_write_iops":[{"path":"/dev/sdb","rate":30}]}
tunable.blkio_weight = 300"#;
    cpu_count: "cpu_count: 2"
        => "fixed.cpu_count = 2
DS0702 Warning: `cpu_count` of service `web` has no effect: only a Windows engine gives it a meaning at `2`";
    cpu_percent: "cpu_percent: 50"
        => "fixed.cpu_percent = 5000
DS0702 Warning: `cpu_percent` of service `web` has no effect: only a Windows engine gives it a meaning at `50`";
    cpu_period: "cpu_period: 100000" => "tunable.cpu_period = 100000";
    cpu_quota: "cpu_quota: 50000" => "tunable.cpu_quota = 50000";
    cpu_rt_period: "cpu_rt_period: 1400" => "tunable.cpu_rt_period = 1400";
    cpu_rt_runtime: "cpu_rt_runtime: 400" => "tunable.cpu_rt_runtime = 400";
    cpu_shares: "cpu_shares: 73" => "tunable.cpu_shares = 73";
    cpus: "cpus: 0.5" => "tunable.nano_cpus = 500000000";
    cpuset: "cpuset: 0-1" => r#"tunable.cpuset = "0-1""#;
    cpuset_mems: "x-dsenv: {cpuset_mems: '0'}" => r#"tunable.cpuset_mems = "0""#;
    mem_limit: "mem_limit: 64m" => "tunable.memory = 67108864";
    mem_reservation: "mem_reservation: 32m" => "tunable.memory_reservation = 33554432";
    memswap_limit: "memswap_limit: -1" => "tunable.memory_swap = -1";
    mem_swappiness: "mem_swappiness: 0" => "fixed.mem_swappiness = 0";
    oom_kill_disable: "oom_kill_disable: true" => "fixed.oom_kill_disable = true";
    oom_score_adj: "oom_score_adj: -500" => "fixed.oom_score_adj = -500";
    pids_limit: "pids_limit: 100" => "tunable.pids_limit = 100";
    pids_without_limit: "pids_limit: -1" => "";
    shm_size: "shm_size: 128m" => "fixed.shm_size = 134217728";
    storage_opt: "storage_opt: {size: 1G}" => r#"fixed.storage_opt = {"size":"1G"}"#;
    deploy_resources:
        "deploy: {resources: {limits: {cpus: '0.25', memory: 50m, pids: 10}, reservations: {memory: 20m, devices: [{capabilities: [gpu], count: 2}]}}}"
        => r#"fixed.device_requests = [{"count":2,"capabilities":["gpu"]}]
tunable.memory = 52428800
tunable.memory_reservation = 20971520
tunable.nano_cpus = 250000000
tunable.pids_limit = 10"#;
    deploy_of_a_cluster:
        "deploy: {labels: {a: b}, placement: {constraints: [node.role==manager]}, endpoint_mode: vip, resources: {reservations: {cpus: 0.1, generic_resources: [{discrete_resource_spec: {kind: gpu, value: 1}}]}}}"
        => r#"scheduling = {"labels":{"a":"b"},"constraints":["node.role==manager"],"endpoint_mode":"vip","reserved_nano_cpus":100000000,"reserved_resources":{"gpu":1}}"#;
    numbers_that_no_engine_takes:
        "mem_limit: 1m
mem_reservation: 5m
memswap_limit: 64m
mem_swappiness: 101
cpus: 0.001
cpu_shares: 1
cpu_period: 999
cpu_quota: 999
cpu_rt_runtime: -1
pids_limit: 4194305
oom_score_adj: 1001
shm_size: -1
blkio_config: {weight: 9, weight_device: [{path: /dev/sda, weight: 1001}], device_read_bps: [{path: /dev/sda, rate: -5}]}
ulimits: {nofile: {soft: 3, hard: 2}, nproc: -2, other: 1}"
        => r#"DS0203 Error: `mem_limit` of service `web` is out of range at `1m`
DS0203 Error: `mem_reservation` of service `web` is out of range at `5m`
DS0203 Error: `mem_swappiness` of service `web` is out of range at `101`
DS0203 Error: `shm_size` of service `web` is out of range at `-1`
DS0203 Error: `cpus` of service `web` is out of range at `0.001`
DS0203 Error: `cpu_shares` of service `web` is out of range at `1`
DS0203 Error: `cpu_period` of service `web` is out of range at `999`
DS0203 Error: `cpu_quota` of service `web` is out of range at `999`
DS0203 Error: `cpu_rt_runtime` of service `web` is out of range at `-1`
DS0203 Error: `pids_limit` of service `web` is out of range at `4194305`
DS0203 Error: `oom_score_adj` of service `web` is out of range at `1001`
DS0203 Error: `blkio_config.weight` of service `web` is out of range at `9`
DS0203 Error: `mem_reservation` of service `web` is more than the limit at `5m`
DS0203 Error: the limit `nofile` is more than its hard one at `nofile`
DS0203 Error: the limit `nproc` is negative at `nproc`
DS0203 Error: Linux has no limit `other` at `other`
DS0203 Error: `blkio_config.weight_device` of service `web` is out of range at `1001`
DS0203 Error: `blkio_config.device_read_bps` of service `web` is out of range at `-5`"#;
    numbers_of_a_health_check_that_no_engine_takes:
        "healthcheck: {test: [CMD, x], interval: 999us, timeout: -1s, start_period: 999999h, start_interval: 1ns}"
        => r#"DS0203 Error: `healthcheck.interval` of service `web` is out of range at `999us`
DS0203 Error: `healthcheck.timeout` of service `web` is out of range at `-1s`
DS0203 Error: `healthcheck.start_period` of service `web` is out of range at `999999h`
DS0203 Error: `healthcheck.start_interval` of service `web` is out of range at `1ns`"#;
    numbers_under_deploy_that_no_engine_takes:
        "deploy: {replicas: 10001, resources: {limits: {cpus: '9000', memory: 1k, pids: 5000000}, reservations: {memory: '9'}}}"
        => r#"DS0203 Error: `deploy.resources.limits.memory` of service `web` is out of range at `1k`
DS0203 Error: `deploy.resources.reservations.memory` of service `web` is out of range at `'9'`
DS0203 Error: `deploy.resources.limits.cpus` of service `web` is out of range at `'9000'`
DS0203 Error: `deploy.resources.limits.pids` of service `web` is out of range at `5000000`
DS0203 Error: `deploy.replicas` of service `web` is out of range at `10001`"#;
    swap_without_a_limit_of_memory: "memswap_limit: 64m" => r#"DS0203 Error: `memswap_limit` of service `web` is memory and swap together, and `mem_limit` is not set at `64m`"#;
    numbers_that_an_engine_takes_for_no_limit:
        "mem_swappiness: -1
cpu_quota: -5
pids_limit: -5
cpu_shares: 262144
oom_score_adj: -1000
cpus: 0.01
mem_limit: 6m
mem_reservation: 6m
memswap_limit: -1
ulimits: {nofile: -1, NPROC: {soft: 5, hard: -1}, core: 0}
healthcheck: {test: [CMD, x], interval: 1ms, timeout: 720h, start_period: 0s}"
        => r#"fixed.healthcheck = {"probe":{"test":["CMD","x"],"interval":1000000,"timeout":2592000000000000}}
fixed.mem_swappiness = -1
fixed.oom_score_adj = -1000
fixed.ulimits = {"NPROC":{"soft":5,"hard":-1},"core":{"soft":0,"hard":0},"nofile":{"soft":-1,"hard":-1}}
tunable.cpu_quota = -5
tunable.cpu_shares = 262144
tunable.memory = 6291456
tunable.memory_reservation = 6291456
tunable.memory_swap = -1
tunable.nano_cpus = 10000000"#;
    deploy_replicas: "deploy: {replicas: 2}" => "scale = 2";
    deploy_job: "deploy: {mode: replicated-job}" => "job = true";
    deploy_restart_policy: "restart: always
deploy: {restart_policy: {condition: on-failure, max_attempts: 4, delay: 5s}}"
        => r#"scheduling = {"restart_delay":{"secs":5,"nanos":0}}
tunable.restart = {"on-failure":4}"#;
    deploy_restart_policy_any:
        "deploy: {restart_policy: {max_attempts: 4}}"
        => r#"tunable.restart = "always"
DS0702 Warning: `deploy.restart_policy.max_attempts` of service `web` has no effect: Docker counts attempts only with `condition: on-failure` at `4`"#;
    deploy_update:
        "deploy: {update_config: {order: start-first, parallelism: 2, delay: 3s, monitor: 5s, failure_action: pause, max_failure_ratio: 0.1}, rollback_config: {parallelism: 0}}"
        => r#"rollback.parallelism = 0
update.delay.secs = 3
update.failure_action = "pause"
update.max_failure_ratio = 0.1
update.monitor.secs = 5
update.order = "start-first"
update.parallelism = 2"#;
}
