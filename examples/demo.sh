#!/bin/sh
# Brings the lab up on a fresh Debian machine with the Rust toolchain, from nothing: engine, dsenv, base image, lab.
# Whatever is there already is used as it is, so a second run takes a second.
# usage: sh examples/demo.sh        as root, or as a user who may use Docker
# Afterwards: LAB_PORT, LAB_TOKEN and the rest are explained in examples/lab/env.yaml.
set -eu
cd "$(dirname "$0")/.."

step() { printf '\n==> %s\n' "$*"; }

step "1/4 Docker Engine: used if it answers, else installed (docker.io) and started"
sh tests/parts/engine.sh
docker version --format 'engine {{.Server.Version}}, API {{.Server.APIVersion}}'

step "2/4 dsenv: cargo build --profile demo (about two minutes the first time)"
# Where rustup puts it, for a shell that has not been told yet.
PATH=$PATH:${CARGO_HOME:-${HOME:-}/.cargo}/bin
if ! command -v cargo >/dev/null 2>&1; then
    echo "demo: cargo is missing; install the Rust toolchain (rustup), then run this again" >&2
    exit 1
fi
if ! command -v cc >/dev/null 2>&1; then
    echo "demo: installing gcc and libc6-dev, which the Rust toolchain links with"
    apt-get update -qq && apt-get install -y -qq --no-install-recommends gcc libc6-dev </dev/null >/dev/null
fi
cargo build --profile demo --locked
dsenv=${CARGO_TARGET_DIR:-target}/demo/dsenv
"$dsenv" version

step "3/4 Base image debian:bookworm-slim: pulled, or made with debootstrap where no registry answers"
sh tests/parts/debian-image.sh
docker image inspect --format '{{index .RepoTags 0}} {{.Id}}' debian:bookworm-slim

step "4/4 The lab: dsenv apply examples/lab/env.yaml --yes (building its images takes three minutes the first time)"
"$dsenv" apply examples/lab/env.yaml --yes

cat <<EOF

Try next:
  $dsenv status  examples/lab/env.yaml
  $dsenv -f examples/lab/env.yaml exec db psql lab -c 'select count(*) from weather'
  $dsenv -f examples/lab/env.yaml exec queue redis-cli rpush jobs 2013-07-19
  $dsenv -f examples/lab/env.yaml exec db psql lab -c 'select * from report'
  LAB_LOG_LEVEL=debug $dsenv plan examples/lab/env.yaml
  $dsenv destroy examples/lab/env.yaml
EOF
