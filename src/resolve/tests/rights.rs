//! Rights, namespaces and devices.

use crate::resolve::testing::attributes;

attributes! {
    cap_add: "cap_add: [SYS_TIME, NET_ADMIN]" => r#"fixed.cap_add = ["NET_ADMIN","SYS_TIME"]"#;
    cap_drop: "cap_drop: [ALL]" => r#"fixed.cap_drop = ["ALL"]"#;
    privileged: "privileged: true" => "fixed.privileged = true";
    read_only: "read_only: true" => "fixed.read_only = true";
    security_opt:
        "security_opt: [seccomp=profile.json, 'label:type:svirt', no-new-privileges]"
        => r#"fixed.security_opt = ["label=type:svirt","no-new-privileges","seccomp={\"defaultAction\":\"SCMP_ACT_ALLOW\"}"]"#;
    security_opt_unconfined: "security_opt: ['seccomp:unconfined', systempaths=unconfined]"
        => r#"fixed.security_opt = ["seccomp=unconfined","systempaths=unconfined"]"#;
    security_opt_without_its_file:
        "security_opt: [seccomp=nothing.json]"
        => "DS0708 Error: service `web` has a seccomp profile that cannot be used: /lab/nothing.json: no such file at `seccomp=nothing.json`";
    security_opt_that_is_no_json:
        "security_opt: [seccomp=broken.json]"
        => "DS0708 Error: service `web` has a seccomp profile that cannot be used: /lab/broken.json: EOF while parsing an object at line 1 column 1 at `seccomp=broken.json`";
    devices:
        "devices: [{source: /dev/ttyUSB0, target: /dev/ttyUSB0, permissions: rwm}, {source: /dev/a, target: /dev/b, permissions: r}]"
        => r#"fixed.devices = [{"source":"/dev/a","target":"/dev/b","permissions":"r"},{"source":"/dev/ttyUSB0","target":"/dev/ttyUSB0","permissions":"rwm"}]"#;
    devices_by_cdi_name: "devices: [{source: vendor.com/class=one, target: vendor.com/class=one, permissions: rwm}]"
        => r#"fixed.device_requests = [{"driver":"cdi","device_ids":["vendor.com/class=one"]}]"#;
    device_cgroup_rules: "device_cgroup_rules: ['c 1:3 mr']" => r#"fixed.device_cgroup_rules = ["c 1:3 mr"]"#;
    gpus: "gpus: [{count: all}]" => r#"fixed.device_requests = [{"count":-1,"capabilities":["gpu"]}]"#;
    gpus_by_id: "gpus: [{driver: nvidia, device_ids: ['0', '3']}]"
        => r#"fixed.device_requests = [{"driver":"nvidia","device_ids":["0","3"],"capabilities":["gpu"]}]"#;
    cgroup: "cgroup: host" => r#"fixed.cgroup = "host""#;
    cgroup_parent: "cgroup_parent: m-executor" => r#"fixed.cgroup_parent = "m-executor""#;
    ipc: "ipc: 'service:db'"
        => r#"depends_on.db = {"condition":"service_started","restart":true,"required":true}
fixed.ipc = {"service":"db"}"#;
    ipc_unknown: "ipc: everyone's"
        => "DS0711 Error: service `web` asks for the unknown IPC namespace `everyone's` at `everyone's`";
    pid: "pid: host" => r#"fixed.pid = "host""#;
    uts: "uts: host" => r#"fixed.uts = "host""#;
    userns_mode: "userns_mode: host" => r#"fixed.userns_mode = "host""#;
    isolation: "isolation: hyperv"
        => "DS0701 Error: service `web` has `isolation`, and only a Windows engine knows it at `hyperv`";
    isolation_default: "isolation: default" => "";
    credential_spec:
        "credential_spec: {file: my.json}"
        => "DS0701 Error: service `web` has `credential_spec`, and only a Windows engine knows it at `credential_spec`";
    use_api_socket:
        "use_api_socket: true"
        => "fixed.use_api_socket = true";
}
