//! What a hand does with `docker` beside dsenv, on the real engine.

use std::process::Command;

use serde_json::Value;

use super::lab::{Lab, On};

const SPEC: &str = "
services:
  limited: {image: busybox, init: true, command: [sleep, '1000'], mem_limit: 64m, x-dsenv: {settle: 0s}}
  apart: {image: busybox, init: true, command: [sleep, '1000'], networks: [back], x-dsenv: {settle: 0s}}
  named: {image: busybox, init: true, command: [sleep, '1000'], x-dsenv: {settle: 0s}}
  stopped: {image: busybox, init: true, command: [sleep, '1000'], x-dsenv: {settle: 0s}}
  frozen: {image: busybox, init: true, command: [sleep, '1000'], x-dsenv: {settle: 0s}}
  gone: {image: busybox, init: true, command: [sleep, '1000'], volumes: ['data:/data'], x-dsenv: {settle: 0s}}
networks: {back: {}}
volumes: {data: {}}
";

#[track_caller]
fn docker(arguments: &str) {
    let ran = Command::new("docker").args(arguments.split(' ')).output().unwrap();
    assert!(ran.status.success(), "docker {arguments}: {}", String::from_utf8_lossy(&ran.stderr));
}

#[test]
fn each_thing_that_a_hand_did_is_told_and_mended() {
    let lab = Lab::new(On::Engine);
    lab.apply(SPEC);
    lab.expect(0, &["drift"]);
    let own = |service: &str| format!("{}-{service}-1", lab.project);
    docker(&format!("update --memory 32m --memory-swap 64m {}", own("limited")));
    docker(&format!("network disconnect {}_back {}", lab.project, own("apart")));
    docker(&format!("rename {} {}-mine", own("named"), lab.project));
    docker(&format!("stop -t 0 {}", own("stopped")));
    docker(&format!("pause {}", own("frozen")));
    docker(&format!("rm -f {}", own("gone")));
    docker(&format!("volume rm {}_data", lab.project));
    let told: Value = serde_json::from_str(&lab.expect(2, &["drift", "--format", "json"]).stdout).unwrap();
    let found: Vec<String> = told["resource_drift"]
        .as_array()
        .unwrap()
        .iter()
        .map(|drift| {
            let fields = drift["fields"].as_array().unwrap().iter().map(|field| field["path"].as_str().unwrap());
            format!("{} {}", drift["address"].as_str().unwrap(), fields.collect::<Vec<_>>().join(" "))
        })
        .collect();
    assert_eq!(
        found,
        [
            "volume.data state",
            "service.apart[1] networks.back",
            "service.frozen[1] state",
            "service.gone[1] state",
            "service.limited[1] memory",
            "service.named[1] container_name",
            "service.stopped[1] state",
        ],
        "{told:#}"
    );
    let status = lab.expect(0, &["status"]).stdout;
    assert!(status.contains("changed by hand"), "{status}");
    lab.expect(0, &["apply", "--yes"]);
    lab.expect(0, &["drift"]);
    lab.is_settled("mended");
}

#[test]
fn strays_of_every_kind_are_listed_and_volumes_stay_until_they_are_named() {
    let lab = Lab::new(On::Engine);
    lab.apply(
        "services:\n  old: {image: busybox, init: true, command: [sleep, '1000'], networks: [gone], volumes: ['data:/data', /scratch], x-dsenv: {settle: 0s}}\n  \
         web: {image: busybox, init: true, command: [sleep, '1000'], x-dsenv: {settle: 0s}}\n\
         networks: {gone: {}, default: {name: PROJECT_first}}\nvolumes: {data: {}}\n"
            .replace("PROJECT", &lab.project)
            .as_str(),
    );
    // The service goes, the network gets another name, and a container of it is removed by hand.
    lab.write(
        &"services:\n  web: {image: busybox, init: true, command: [sleep, '1000'], x-dsenv: {settle: 0s}}\n\
          networks: {default: {name: PROJECT_second}}\n"
            .replace("PROJECT", &lab.project),
    );
    let strays = |flags: &[&str]| -> Vec<(String, String)> {
        let ran = lab.expect(0, &[&["plan", "--format", "json"], flags].concat());
        let plan: Value = serde_json::from_str(&ran.stdout).unwrap();
        let all = plan["resource_changes"].as_array().unwrap().iter().filter(|change| change["kind"] == "stray");
        let word = |change: &Value, key: &str| change[key].as_str().unwrap().to_owned();
        all.map(|change| (word(change, "name").replace(&lab.project, "P"), word(change, "action"))).collect()
    };
    let kept = |name: &str| (name.to_owned(), "forget".to_owned());
    assert_eq!(strays(&[]), [kept("P-old-1"), kept("P_data"), kept("P_first"), kept("P_gone")]);
    let pruned = strays(&["--prune"]);
    let gone: Vec<_> = pruned.iter().filter(|(_, action)| action == "delete").map(|(name, _)| name.as_str()).collect();
    assert_eq!(gone, ["P-old-1", "P_first", "P_gone"], "{pruned:?}");
    lab.expect(0, &["apply", "--yes", "--prune"]);
    // What the removed container had mounted without a name has no user any more.
    let left = strays(&[]);
    assert!(left.contains(&kept("P_data")), "{left:?}");
    assert_eq!(left.len(), 2, "the volume without a name is listed now: {left:?}");
    let anonymous = left.iter().find(|(name, _)| name != "P_data").unwrap().0.clone();
    lab.expect(0, &["apply", "--yes", "--prune"]);
    assert_eq!(strays(&["--prune"]), left, "no flag but its name removes a volume");
    let data = format!("{}_data", lab.project);
    lab.expect(0, &["apply", "--yes", "--destroy-data", &data, "--destroy-data", &anonymous]);
    assert_eq!(strays(&[]), []);
}
