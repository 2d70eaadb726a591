#!/bin/sh
# Passes the tests, from a fresh clone: installs what they need, makes sure that a real engine answers (they fail without),
# then formatting, lints, docs, tests, examples, conformance, the lab, and a look for leftovers.
# usage: sh tests/run.sh [--full]      --full runs the long suites as well (DSENV_TEST_FULL=1)
# The last line reads "N passed, N failed": every test, every check, every conformance case counted once.
set -u
cd "$(dirname "$0")/.." || exit 1
case ${1:-} in
'') ;;
--full) export DSENV_TEST_FULL=1 ;;
*) echo "usage: sh tests/run.sh [--full]" >&2; exit 2 ;;
esac
# A sample is the same each time, so that a run judges the change at hand; the long suites draw their own seeds.
if [ -z "${DSENV_TEST_FULL:-}" ]; then
    export DSENV_TEST_SEED="${DSENV_TEST_SEED:-2000}" PROPTEST_RNG_SEED="${PROPTEST_RNG_SEED:-2000}"
fi
export CARGO_TERM_COLOR=never NO_COLOR=1
dsenv=${CARGO_TARGET_DIR:-target}/debug/dsenv

passed=0
failed=0
summary=''
log=$(mktemp)
newest=
trap 'rm -f "$log"; [ -z "$newest" ] || sh tests/parts/engine-28.sh stop "$newest"' EXIT

section() { printf '\n==> %s\n' "$*"; }
count() {
    passed=$((passed + $2))
    failed=$((failed + $3))
    summary="$summary$(printf '%-14s %5d passed %5d failed' "$1" "$2" "$3")
"
}
# check NAME COMMAND...: one check, one count.
check() {
    name=$1
    shift
    section "$name: $*"
    if "$@" </dev/null; then count "$name" 1 0; else count "$name" 0 1; fi
}
# counted NAME COMMAND...: a command whose last line reads "N passed, N failed".
counted() {
    name=$1
    shift
    section "$name: $*"
    "$@" </dev/null >"$log" 2>&1
    status=$?
    cat "$log"
    good=0 bad=0
    if tail -n 1 "$log" | grep -Eq '^[0-9]+ passed, [0-9]+ failed$'; then
        good=$(sed -n '$s/ passed.*//p' "$log")
        bad=$(sed -n '$s/.*, \([0-9]*\) failed/\1/p' "$log")
    fi
    # A run that ends badly without a count of failures is a failure of its own.
    [ $status = 0 ] || [ "$bad" != 0 ] || bad=1
    count "$name" "$good" "$bad"
}
finish() {
    printf '\n%s\n%s passed, %s failed\n' "$summary" "$passed" "$failed"
    [ "$failed" = 0 ] && [ "$passed" != 0 ]
    exit $?
}

# Everything of the tests' on the engine: project names start with dsenvtest, and names with the project's.
marked() {
    {
        docker ps -a --filter name=dsenvtest --format 'container {{.Names}}'
        docker ps -a --filter label=com.docker.compose.project --format '{{.Label "com.docker.compose.project"}} container {{.Names}}' |
            sed -n 's/^dsenvtest[^ ]* //p'
        docker network ls --filter name=dsenvtest --format 'network {{.Name}}'
        docker volume ls --filter name=dsenvtest --format 'volume {{.Name}}'
        docker image ls --filter 'reference=dsenvtest*' --format 'image {{.Repository}}:{{.Tag}}'
    } | sort -u
}
nothing_left() {
    for _ in 1 2 3 4 5; do
        marked >"$log.after"
        left=$(comm -13 "$log.before" "$log.after")
        [ -n "$left" ] || break
        sleep 1
    done
    rm -f "$log.before" "$log.after"
    [ -z "$left" ] || { echo "left behind:"; echo "$left"; return 1; }
}

section "engine: one that answers, else docker.io is installed and started"
if ! sh tests/parts/engine.sh </dev/null; then
    echo "the tests need a real Docker Engine, and none answers" >&2
    count engine 0 1
    finish
fi
docker version --format 'engine {{.Server.Version}}, API {{.Server.APIVersion}}'
marked >"$log.before"
[ ! -s "$log.before" ] || { echo "there before this run, and left alone:"; cat "$log.before"; }

section "base images: busybox:latest and debian:bookworm-slim"
if ! sh tests/parts/busybox-image.sh </dev/null || ! sh tests/parts/debian-image.sh </dev/null; then
    count 'base images' 0 1
    finish
fi

section "tools"
missing=
for tool in cc:gcc curl:curl pgrep:procps python3:python3 ssh-agent:openssh-client; do
    command -v "${tool%%:*}" >/dev/null 2>&1 || missing="$missing ${tool#*:}"
done
if [ -n "$missing" ]; then
    echo "installing$missing"
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends libc6-dev $missing </dev/null >/dev/null || true
fi
# Where rustup puts it, for a shell that has not been told yet.
PATH=$PATH:${CARGO_HOME:-${HOME:-}/.cargo}/bin
if ! command -v cargo >/dev/null 2>&1; then
    echo "cargo is missing; install the Rust toolchain (rustup)" >&2
    count tools 0 1
    finish
fi
cargo --version

check fmt cargo fmt --all --check
check clippy cargo clippy --locked --all-targets --quiet -- -D warnings
check docs env RUSTDOCFLAGS='-D warnings' cargo doc --locked --no-deps --document-private-items --quiet

# Cargo's own runner and nextest close differently; both are counted, and what they leave out is told.
run_cargo() {
    name=$1
    shift
    section "$name: $*"
    "$@" </dev/null >"$log" 2>&1
    status=$?
    cat "$log"
    good=$(awk '/^test result:/ { n += $4 } $1 == "Summary" { for (i = 1; i < NF; i++) if ($(i + 1) ~ /^passed/) n += $i } END { print n + 0 }' "$log")
    bad=$(awk '/^test result:/ { n += $6 } $1 == "Summary" { for (i = 1; i < NF; i++) if ($(i + 1) ~ /^(failed|exec|timed)/) n += $i } END { print n + 0 }' "$log")
    ignored=$(awk '/^test result:/ { n += $8 } $1 == "Summary" { for (i = 1; i < NF; i++) if ($(i + 1) ~ /^skipped/) n += $i } END { print n + 0 }' "$log")
    [ "$ignored" = 0 ] || echo "$name: $ignored tests are marked to be left out"
    # It did not compile, or something died outside a test.
    [ $status = 0 ] || [ "$bad" != 0 ] || bad=1
    count "$name" "$good" "$bad"
}
if cargo nextest --version >/dev/null 2>&1; then
    run_cargo tests cargo nextest run --locked --no-fail-fast --hide-progress-bar
    run_cargo doctests cargo test --locked --doc --quiet --no-fail-fast
else
    run_cargo tests cargo test --locked --no-fail-fast
fi

# What differs between engines is found on the newest one, too; it has a network namespace of its own, and goes at the end.
on_the_newest() {
    store=$1
    shift
    section "engine 28.5, store $store: the contracts and attributes on it, too"
    newest=$(mktemp -d /tmp/dsenvtest-28-XXXXXX)
    bridge=$(ip -o addr show docker0 2>/dev/null)
    if host=$(STORE=$store sh tests/parts/engine-28.sh start "$newest" </dev/null) &&
        docker save busybox:latest | DOCKER_HOST=$host docker load -q; then
        run_cargo "28.5 $store" env DOCKER_HOST="$host" cargo test --locked --no-fail-fast "$@"
        run_cargo "28.5 images" env DOCKER_HOST="$host" cargo test --locked --test safety what_an_image_store_has_room_for
    else
        count "28.5 $store" 0 1
    fi
    sh tests/parts/engine-28.sh stop "$newest" </dev/null && newest=
    check 'own bridge' [ "$bridge" = "$(ip -o addr show docker0 2>/dev/null)" ]
}
on_the_newest own --test contract --test docker_engine --test edits
# containerd's store of images: the default from Engine 29.0 on.
on_the_newest containerd --test contract --test docker_engine


if [ -x "$dsenv" ]; then
    for example in examples/*/env.yaml; do
        check "example" "$dsenv" validate "$example"
    done
    counted conformance sh tests/conformance.sh "$dsenv"
    counted lab sh tests/lab.sh "$dsenv"
else
    echo "$dsenv was not built" >&2
    count binary 0 1
fi

check leftovers nothing_left
finish
