#!/bin/sh
# The main job, on the real engine: the lab comes up, does its work, stays as it is, takes one change, goes, and comes back.
# Its project is called dsenvtest-lab; all it makes is removed at the end, images included.
# usage: lab.sh BINARY       the last line reads: N passed, N failed
set -u
cd "$(dirname "$0")/.." || exit 1
dsenv=$1
project=dsenvtest-lab
LAB_PORT=$(shuf -i 20000-30000 -n 1)
export LAB_PORT
unset LAB_TOKEN LAB_LOG_LEVEL LAB_DB_PASSWORD_FILE
log=$(mktemp -d)
passed=0
failed=0

lab() { verb=$1; shift; "$dsenv" -f examples/lab/env.yaml -p $project "$verb" "$@" </dev/null; }
# Each container's id and service.
containers() {
    docker ps -a --no-trunc --filter "label=com.docker.compose.project=$project" --format '{{.ID}} {{.Label "com.docker.compose.service"}}' | sort
}
ids() { containers | cut -d' ' -f1; }
in_service() { service=$1; shift; docker exec "$project-$service-1" "$@"; }
sql() { in_service db psql lab -tAc "$1"; }

clean() {
    ids | xargs -r docker rm -f -v >/dev/null
    for network in backend frontend; do docker network rm "${project}_$network" >/dev/null 2>&1; done
    docker volume ls -q | grep "^${project}_" | xargs -r docker volume rm >/dev/null
    # By name, not by id: the layers may be another project's as well.
    docker image ls --filter "reference=$project-*" --format '{{.Repository}}:{{.Tag}}' | xargs -r docker image rm >/dev/null
    rm -rf "$log"
}

# check WHAT COMMAND...: one test; its output is shown when it fails.
check() {
    what=$1
    shift
    if "$@" >"$log/check" 2>&1; then
        passed=$((passed + 1))
        echo "ok      $what"
    else
        failed=$((failed + 1))
        echo "FAILED  $what"
        sed 's/^/        /' "$log/check" | tail -n 40
    fi
}

applies() { lab apply --yes >"$log/$1" 2>&1 || { cat "$log/$1"; return 1; }; }
says() { grep -F -q -- "$2" "$log/$1" || { echo "not found: $2"; cat "$log/$1"; return 1; }; }
equals() { [ "$1" = "$2" ] || { echo "expected $2, got $1"; return 1; }; }
within() { tries=$1; shift; until "$@" >/dev/null 2>&1; do tries=$((tries - 1)); [ $tries -gt 0 ] || { "$@"; return 1; }; sleep 0.2; done; }

answers() { equals "$(curl -s -o /dev/null -w '%{http_code}' -L -c "$log/cookies" "http://127.0.0.1:$LAB_PORT/?token=lab")" 200; }
locked() { equals "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$LAB_PORT/api/contents")" 403; }
has_rows() { equals "$(sql 'select count(*) from weather')" 8706; }
has_report() { equals "$(sql "select hours from report where day = '2013-07-04'")" 24; }
takes_job() { in_service queue redis-cli rpush jobs 2013-07-04 && within 50 has_report; }
notebook_runs() {
    in_service notebook jupyter nbconvert --to notebook --execute weather.ipynb --output-dir /tmp --output out &&
        in_service notebook grep -q image/png /tmp/out.ipynb
}
quick_no_op() {
    before=$(containers)
    began=$(date +%s%N)
    applies again || return 1
    took=$((($(date +%s%N) - began) / 1000000))
    echo "a no-op took $took ms"
    says again "No changes" && equals "$(containers)" "$before" && [ $took -lt 1000 ]
}
plans_change() {
    before=$(containers)
    LAB_LOG_LEVEL=debug lab plan >"$log/plan" 2>&1
    says plan LOG_LEVEL && says plan info && says plan debug && equals "$(containers)" "$before"
}
replaces_worker_only() {
    before=$(containers)
    (export LAB_LOG_LEVEL=debug && applies change) || return 1
    after=$(containers)
    equals "$(echo "$after" | grep -v ' worker$')" "$(echo "$before" | grep -v ' worker$')" || return 1
    [ "$(echo "$after" | grep ' worker$')" != "$(echo "$before" | grep ' worker$')" ] || { echo "the workers are the same"; return 1; }
}
no_password() {
    ids | xargs docker inspect >"$log/inspect" || return 1
    ! grep -n -F "$(cat examples/lab/secrets/db_password.default)" "$log/inspect"
}
destroyed() {
    lab destroy --yes || return 1
    equals "$(containers)" "" && equals "$(docker network ls -q --filter "name=^${project}_")" "" &&
        docker volume inspect "${project}_db-data" "${project}_queue-data" "${project}_notebooks" >/dev/null
}

clean
log=$(mktemp -d)
trap clean EXIT
trap 'exit 130' INT TERM

check "apply brings the lab up" applies first
check "apply ends with the notebook's address and token" says first "http://127.0.0.1:$LAB_PORT/?token=lab"
check "the notebook's port answers" answers
check "and not without the token" locked
check "the data set is in PostgreSQL" has_rows
check "a job put into Redis shows up in PostgreSQL" takes_job
check "the notebook runs to its end and has a plot" notebook_runs
check "the password is in no container's configuration" no_password
check "again: no changes, in under a second, nothing touched" quick_no_op
check "one changed value: the plan names it, old and new" plans_change
check "and only that service is replaced" replaces_worker_only
check "destroy removes containers and networks and keeps the volumes" destroyed
check "apply again" applies back
check "the data is found again" has_report

echo "$passed passed, $failed failed"
[ $failed = 0 ]
