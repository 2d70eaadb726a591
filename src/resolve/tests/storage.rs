//! Mounts, configs and secrets.

use crate::resolve::testing::attributes;

attributes! {
    targets_that_no_engine_takes:
        "volumes: ['data:/', 'data:rel', '/a:/proc/x', '/a:/proc/meminfo', {type: tmpfs, target: /m, tmpfs: {mode: 10000}}]
tmpfs: [/proc/y, 'x:size=1m']
configs: [{source: hello, target: ..}, {source: inline, target: a/}]
secrets: [{source: token, target: /run/../., mode: 0o10000}]"
        => "DS0203 Error: `secrets.mode` of service `web` is out of range at `0o10000`
DS0203 Error: `volumes.tmpfs.mode` of service `web` is out of range at `10000`
DS0514 Error: service `web` mounts something at `/`, which is the root of the container at `'data:/'`
DS0514 Error: service `web` mounts something at `rel`, which does not begin at the root at `'data:rel'`
DS0514 Error: service `web` mounts something at `/proc/x`, which is the kernel's own at `'/a:/proc/x'`
DS0514 Error: service `web` mounts something at `x`, which does not begin at the root at `'x:size=1m'`
DS0514 Error: service `web` mounts something at `/..`, which is the root of the container at `..`
DS0514 Error: service `web` mounts something at `/a/`, which is a folder at `a/`
DS0514 Error: service `web` mounts something at `/run/../.`, which is the root of the container at `/run/../.`";
    two_files_at_one_path: "configs: [{source: hello, target: /run/secrets/token}]
secrets: [{source: token}]"
        => "DS0707 Error: service `web` has two files at /run/secrets/token at `source`";
    two_things_at_one_path_written_apart: "tmpfs: [/a/./]
configs: [{source: hello, target: /a}]"
        => "DS0707 Error: service `web` mounts two things at /a: under `tmpfs` and `configs` at `configs`";
    tmpfs_mode_in_quotes_is_octal: "volumes: [{type: tmpfs, target: /m, tmpfs: {mode: \"1777\"}}, {type: tmpfs, target: /n, tmpfs: {mode: 448}}]" => r#"fixed.mounts = {"/m":{"type":"tmpfs","mode":1023},"/n":{"type":"tmpfs","mode":448}}"#;
    volume_with_a_label_for_selinux: "volumes: ['data:/d:Z']" => r#"fixed.mounts = {"/d":{"type":"volume","name":"lab_data"}}
DS0702 Warning: `volumes.bind.selinux` of service `web` has no effect: only binds are labelled at `'data:/d:Z'`"#;
    volumes_in_short:
        "volumes: ['data:/data:ro', '/scratch', './app:/app', '/lab:/lab:rslave']"
        => r#"fixed.mounts = {"/app":{"type":"bind","source":"/lab/app","create_host_path":true},"/data":{"type":"volume","name":"lab_data","read_only":true},"/lab":{"type":"bind","source":"/lab","create_host_path":true,"propagation":"rslave"},"/scratch":{"type":"anonymous"}}"#;
    volumes: "volumes:
- {type: volume, source: data, target: /data, read_only: true, volume: {nocopy: true, subpath: a}}
- {type: volume, target: /scratch}
- {type: bind, source: /lab/app, target: /app}
- {type: bind, source: /lab, target: /lab, consistency: cached, bind: {create_host_path: false, propagation: rslave, selinux: Z, recursive: readonly}}
- {type: tmpfs, target: /mem, tmpfs: {size: 1m, mode: 448}}
- {type: image, source: alpine, target: /alpine, image: {subpath: etc}}"
        => r#"fixed.mounts = {"/alpine":{"type":"image","source":"alpine","subpath":"etc"},"/app":{"type":"bind","source":"/lab/app","create_host_path":true},"/data":{"type":"volume","name":"lab_data","nocopy":true,"subpath":"a","read_only":true},"/lab":{"type":"bind","source":"/lab","create_host_path":false,"propagation":"rslave","recursive":"readonly","selinux":"Z","consistency":"cached"},"/mem":{"type":"tmpfs","size":1048576,"mode":448},"/scratch":{"type":"anonymous"}}"#;
    volumes_of_other_kinds: "volumes:
- {type: npipe, source: a, target: /a}
- {type: cluster, source: b, target: /b}
- {type: volume, source: data, target: /c, volume: {labels: {a: b}}}"
        => "DS0701 Error: service `web` has `volumes.npipe`, and only a Windows engine knows it at `type`
DS0701 Error: service `web` has `volumes.cluster`, and only Swarm has cluster volumes at `type`
DS0701 Error: service `web` has `volumes.volume.labels`, and labels belong to the volume itself, under the top-level `volumes:` at `labels`";
    volumes_from:
        "volumes_from: ['db:ro', 'container:other']"
        => r#"depends_on.db = {"condition":"service_started","restart":false,"required":true}
fixed.volumes_from = [{"service":{"service":"db","read_only":true}},{"container":{"container":"other","read_only":false}}]"#;
    volume_driver: "volume_driver: nfs" => r#"fixed.volume_driver = "nfs""#;
    tmpfs: "tmpfs: [/run, '/tmp:size=64m']" => r#"fixed.tmpfs = {"/run":"","/tmp":"size=64m"}"#;
    configs:
        "configs: [{source: hello}, {source: inline, target: /etc/inline, uid: '103', gid: '104', mode: 0440}]"
        => r#"fixed.files = {"/etc/inline":{"kind":"config","source":"inline","content":"c84026853415efc07cff8997722f795be38d58ae9a5e3fb3335023c5200c4c56","uid":103,"gid":104,"mode":288},"/hello":{"kind":"config","source":"hello","content":"ea8f163db38682925e4491c5e58d4bb3506ef8c14eb78a86e908c5624a67200f","uid":0,"gid":0,"mode":292}}"#;
    secrets:
        "secrets: [{source: token}, {source: token, target: other}]"
        => r#"fixed.files = {"/run/secrets/other":{"kind":"secret","source":"token","content":"59a8373523adf9709c70bcec2c2dfe683c0d69a24dc825ce6bf73607acb27096","uid":0,"gid":0,"mode":292},"/run/secrets/token":{"kind":"secret","source":"token","content":"59a8373523adf9709c70bcec2c2dfe683c0d69a24dc825ce6bf73607acb27096","uid":0,"gid":0,"mode":292}}"#;
    secrets_of_a_named_owner: "secrets: [{source: token, uid: postgres}]"
        => "DS0706 Error: service `web` gives a file the uid `postgres`, which is not a number at `postgres`";
    two_things_at_one_path: "tmpfs: [/hello]
configs: [{source: hello}]"
        => "DS0707 Error: service `web` mounts two things at /hello: under `tmpfs` and `configs` at `configs`";
}
