//! Services that programs run and language models, on the real engine: containers get from dsenv what they get from
//! Compose 2.40.3, run beside it on the same file with the same programs.

use std::process::Command;

use super::lab::{Lab, docker, ended};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

const SPEC: &str = "services:
  web:
    image: busybox
    command: [sleep, '1000']
    stop_grace_period: 0s
    depends_on: [db]
    environment: {TOKEN: mine, OWN: own}
    models: [my-llm]
  chat:
    image: busybox
    command: [sleep, '1000']
    stop_grace_period: 0s
    models: {my-llm: {endpoint_var: AI_URL, model_var: AI_MODEL}}
  db:
    provider: {type: cloud, options: {kind: sql, size: 3}}
models:
  my-llm: {model: ai/smollm2, context_size: 4096, runtime_flags: [--temp, '0.1']}
";

/// The same programs for both; each keeps what it was asked in a folder of its own.
fn programs(lab: &Lab, command: &mut Command, of: &str) -> std::path::PathBuf {
    let folder = lab.path(of);
    let plugins = folder.join("docker/cli-plugins");
    std::fs::create_dir_all(&plugins).unwrap();
    let plugin = plugins.join("docker-model");
    if !plugin.exists() {
        std::os::unix::fs::symlink(format!("{ROOT}/tests/programs/docker-model"), plugin).unwrap();
    }
    let path = format!("{ROOT}/tests/programs:{}", std::env::var("PATH").unwrap());
    // Compose 2.40.3 does not know that a program may ask, or name a variable as it is.
    command.env("PATH", path).env("CLOUD", &folder).env("CLOUD_DOES", "old").env("MODELS", &folder);
    command.env("DOCKER_CONFIG", folder.join("docker"));
    folder
}

/// What changes something, of all that programs were asked.
fn changing(folder: &std::path::Path) -> Vec<String> {
    let asked = std::fs::read_to_string(folder.join("asked")).unwrap();
    let looks = ["compose metadata", "docker-cli-plugin-metadata", "status --json", "configure show"];
    let changes = |line: &&str| !looks.contains(line) && !line.ends_with("--json");
    let mut asked: Vec<_> = asked.lines().filter(changes).map(str::to_owned).collect();
    // Compose passes options in no order.
    asked.iter_mut().for_each(|line| {
        let mut words: Vec<_> = line.split(' ').collect();
        words.sort_unstable();
        *line = words.join(" ");
    });
    asked.sort();
    asked
}

fn environment(lab: &Lab, service: &str) -> Vec<String> {
    let json = lab.inspect(service, "{{json .Config.Env}}");
    let mut environment: Vec<String> = serde_json::from_str(&json).unwrap();
    environment.sort();
    environment
}

#[test]
fn containers_get_from_programs_what_compose_gives_them() {
    let lab = Lab::new("programs");
    lab.write(SPEC);
    let compose = Command::new("sh").arg(format!("{ROOT}/tests/parts/compose.sh")).output().unwrap();
    assert!(compose.status.success(), "{}", String::from_utf8_lossy(&compose.stderr));
    let compose = String::from_utf8(compose.stdout).unwrap();
    let run = |of: &str, program: &str, arguments: &[&str]| {
        let mut command = if of == "compose" { Command::new(program) } else { lab.command(arguments) };
        if of == "compose" {
            command.args(["-f", "env.yaml", "-p", &lab.project]).args(arguments).current_dir(lab.path("."));
        }
        let folder = programs(&lab, &mut command, of);
        let ran = ended(command.output().unwrap());
        assert_eq!(ran.code, 0, "{of} {arguments:?}: {}", ran.text);
        folder
    };
    let asked = changing(&run("compose", compose.trim(), &["up", "-d"]));
    let given = ["web", "chat"].map(|service| environment(&lab, service));
    assert!(given[0].contains(&"DB_URL=sql://here/db?a=b".to_owned()), "{given:?}");
    docker(&["rm", "-f", &lab.name("web"), &lab.name("chat")]);

    let own = run("dsenv", "", &["apply", "--yes"]);
    assert_eq!(["web", "chat"].map(|service| environment(&lab, service)), given);
    assert_eq!(changing(&own), asked);
    // The engine shows their names, and no label shows their values.
    let labels = lab.inspect("web", "{{json .Config.Labels}}");
    assert!(labels.contains("DB_URL") && !labels.contains("sql://"), "{labels}");
}
