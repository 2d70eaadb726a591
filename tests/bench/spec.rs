//! The specs that are measured.

use std::fmt::Write;

/// How long a container without a health check must live to count as up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settle {
    /// What a file has that says nothing.
    Default,
    /// Not at all, as for Compose: what dsenv itself takes.
    Zero,
}

/// Services that sleep; `edition` changes the first one, which stops the old container before it starts the new one,
/// as Compose does.
pub fn sleepers(services: usize, edition: usize, settle: Settle) -> String {
    let settle = match settle {
        Settle::Default => "",
        Settle::Zero => "    x-dsenv: {settle: 0s}\n",
    };
    let mut text = String::from("services:\n");
    for number in 0..services {
        let edition = if number == 0 { edition } else { 0 };
        let _ = write!(
            text,
            "  s{number}:\n    image: busybox:latest\n    command: [sleep, '100000']\n    init: true\n    stop_grace_period: 1s\n    \
             environment: {{EDITION: '{edition}'}}\n    deploy: {{update_config: {{order: stop-first}}}}\n{settle}"
        );
    }
    text
}

/// Services as people write them, for reading alone.
pub fn many(services: usize) -> String {
    let mut text = String::from(
        "x-common: &common\n  restart: unless-stopped\n  logging: {driver: json-file, options: {max-size: 10m}}\nservices:\n",
    );
    for number in 0..services {
        let _ = write!(
            text,
            "  s{number}:\n    <<: *common\n    image: registry/app-{number}:1.{number}\n    command: serve --port 80\n    environment:\n      - \
             NAME=s{number}\n      - LEVEL=${{LEVEL:-info}}\n    ports: [\"{}:80\"]\n    volumes: [\"data:/data\", \"./conf/{number}:/etc/app:ro\"]\n    \
             healthcheck: {{test: [CMD, \"true\"], interval: 10s}}\n    deploy: {{resources: {{limits: {{memory: 64m}}}}}}\n",
            10_000 + number
        );
        if number > 0 {
            let _ = writeln!(text, "    depends_on: [s{}]", number / 2);
        }
    }
    text.push_str("volumes:\n  data: {}\n");
    text
}
