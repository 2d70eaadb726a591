#!/bin/sh
# Makes sure that a Docker Engine answers: the one that DOCKER_HOST or the default socket names; else docker.io is installed
# and started. Prints nothing on standard output; exit 0 means `docker version` works.
# usage: engine.sh           have one that answers
#        engine.sh stop      end the daemon that this script started, and no other
. "$(dirname "$0")/common.sh"

pidfile=/run/dsenv-dockerd.pid

answers() { timeout 20 docker version >/dev/null 2>&1; }

if [ "${1:-}" = stop ]; then
    [ -f $pidfile ] || exit 0
    pid=$(cat $pidfile)
    say "stopping the engine (pid $pid)"
    kill "$pid" 2>/dev/null || true
    while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
    rm -f $pidfile
    exit 0
fi

command -v docker >/dev/null 2>&1 && answers && exit 0
[ -z "${DOCKER_HOST:-}" ] || fail "no engine answers at DOCKER_HOST=$DOCKER_HOST; start it, or unset DOCKER_HOST"
one_at_a_time
if ! command -v docker >/dev/null 2>&1 || ! command -v dockerd >/dev/null 2>&1; then
    [ "$(id -u)" = 0 ] || fail "Docker Engine is not installed; run: sudo apt-get install docker.io"
    apt_lists
    say "installing Docker Engine (docker.io)"
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends docker.io iptables ca-certificates \
        >"$PARTS/apt.log" 2>&1 </dev/null || fail "could not install docker.io; see $PARTS/apt.log"
    answers && exit 0
fi
[ "$(id -u)" = 0 ] || fail "no engine answers, and only root can start one; run: sudo systemctl start docker (or add yourself to the group docker)"

if [ -d /run/systemd/system ]; then
    say "starting the engine (systemctl start docker)"
    systemctl start docker
else
    say "starting the engine (dockerd; its log is $PARTS/dockerd.log)"
    # A session of its own and no open descriptor of ours: it outlives this script, and nobody waits for it.
    setsid dockerd --pidfile $pidfile >"$PARTS/dockerd.log" 2>&1 </dev/null 9>&- &
fi
tries=0
until answers; do
    tries=$((tries + 1))
    [ $tries -lt 120 ] || fail "the engine did not answer within a minute; the last words of its log: $(tail -n 3 "$PARTS/dockerd.log" 2>/dev/null)"
    sleep 0.5
done
say "the engine answers: $(docker version --format '{{.Server.Version}}, API {{.Server.APIVersion}}')"
