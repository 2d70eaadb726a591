//! Examples that an editor offers.

use serde_json::{Value, json};

/// Adds examples to the keys that people write most.
pub fn add(schema: &mut Value) {
    for (key, examples) in top() {
        schema["properties"][key]["examples"] = examples;
    }
    for (key, examples) in service() {
        let property = &mut schema["definitions"]["Service"]["properties"][key];
        debug_assert!(property.is_object(), "{key} is no key of a service");
        property["examples"] = examples;
    }
}

fn top() -> Vec<(&'static str, Value)> {
    vec![
        ("name", json!(["lab", "shop-${STAGE:-dev}"])),
        ("include", json!([["infra/env.yaml"], [{"path": "infra/env.yaml", "env_file": "infra/.env"}]])),
        ("services", json!([{"web": {"image": "nginx:1.29", "ports": ["8080:80"]}}])),
        ("networks", json!([{"front": {}}, {"edge": {"external": true}}])),
        (
            "volumes",
            json!([{"data": {}}, {"data": {"driver_opts": {"type": "none", "o": "bind", "device": "./data"}}}]),
        ),
        ("secrets", json!([{"token": {"file": "./token"}}, {"token": {"environment": "TOKEN"}}])),
        ("configs", json!([{"motd": {"content": "hello\n"}}, {"nginx": {"file": "./nginx.conf"}}])),
        ("models", json!([{"llm": {"model": "ai/smollm2"}}])),
        ("x-dsenv", json!([{"history": 5}])),
    ]
}

fn service() -> Vec<(&'static str, Value)> {
    vec![
        ("build", json!([".", {"context": "./web", "target": "prod"}])),
        ("cap_add", json!([["NET_ADMIN"]])),
        ("command", json!(["npm run dev", ["sh", "-c", "echo $$HOME"]])),
        ("configs", json!([["motd"], [{"source": "nginx", "target": "/etc/nginx/nginx.conf"}]])),
        ("cpus", json!([0.5, "1.5"])),
        ("depends_on", json!([["db"], {"db": {"condition": "service_healthy"}}])),
        ("deploy", json!([{"replicas": 3}, {"resources": {"limits": {"memory": "512M"}}}])),
        ("develop", json!([{"watch": [{"path": "./src", "action": "sync", "target": "/app/src"}]}])),
        ("devices", json!([["/dev/ttyUSB0"], ["/dev/snd:/dev/snd:rw"]])),
        ("dns", json!(["1.1.1.1", ["1.1.1.1", "9.9.9.9"]])),
        ("entrypoint", json!(["/entry.sh", ["/entry.sh", "--verbose"]])),
        ("env_file", json!(["web.env", [{"path": "local.env", "required": false}]])),
        ("environment", json!([{"LEVEL": "debug", "TOKEN": null}, ["LEVEL=debug", "TOKEN"]])),
        ("expose", json!([["8000"]])),
        ("extends", json!(["base", {"file": "common.yaml", "service": "base"}])),
        ("extra_hosts", json!([["gateway=host-gateway"], {"db.lab": "10.0.0.5"}])),
        ("gpus", json!(["all", [{"driver": "nvidia", "count": 1}]])),
        ("healthcheck", json!([{"test": "curl -f localhost", "interval": "10s", "retries": 5}, {"disable": true}])),
        ("image", json!(["nginx:1.29", "registry.example.com/team/app:1.0"])),
        ("labels", json!([{"team": "lab"}, ["team=lab"]])),
        ("logging", json!([{"driver": "local", "options": {"max-size": "10m"}}])),
        ("mem_limit", json!(["512m", "1.5g"])),
        ("network_mode", json!(["host", "service:vpn"])),
        ("networks", json!([["front"], {"front": {"aliases": ["www"]}}])),
        ("platform", json!(["linux/arm64"])),
        ("ports", json!([["8080:80", "127.0.0.1:5432:5432"], [{"target": 80, "published": "8080"}]])),
        ("post_start", json!([[{"command": "./migrate.sh"}]])),
        ("profiles", json!([["debug"]])),
        ("pull_policy", json!(["always", "missing", "daily", "every_12h"])),
        ("restart", json!(["no", "always", "unless-stopped", "on-failure:3"])),
        ("secrets", json!([["token"], [{"source": "token", "target": "/etc/token", "mode": 256}]])),
        ("shm_size", json!(["64m"])),
        ("stop_grace_period", json!(["10s", "1m30s"])),
        ("tmpfs", json!(["/run", ["/tmp:size=64m"]])),
        ("ulimits", json!([{"nofile": 65536}, {"nofile": {"soft": 1024, "hard": 4096}}])),
        ("user", json!(["1000:1000"])),
        ("volumes", json!([["data:/var/lib/data"], ["./src:/app:ro"], [{"type": "tmpfs", "target": "/run"}]])),
        ("x-dsenv", json!([{"job": true}, {"drain": "5s"}])),
    ]
}
