#!/bin/sh
# An image registry of one's own: docker-registry on a free port of the loopback, plain HTTP, its data in DIR.
# usage: registry.sh start DIR    prints its address (127.0.0.1:PORT); does nothing more if it runs already
#        registry.sh stop DIR     ends it and removes DIR
# With DIR/htpasswd there before the start (htpasswd -Bbn USER PASSWORD > DIR/htpasswd) it asks for a password.
. "$(dirname "$0")/common.sh"

[ $# = 2 ] || fail "usage: registry.sh start|stop DIR"
case $2 in /*) dir=$2 ;; *) dir=$PWD/$2 ;; esac

running() { [ -f "$dir/pid" ] && kill -0 "$(cat "$dir/pid")" 2>/dev/null; }

stop() {
    if running; then
        pid=$(cat "$dir/pid")
        say "stopping the registry (pid $pid)"
        kill "$pid"
        while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
    fi
    [ ! -f "$dir/.dsenvtest" ] || rm -rf "$dir"
}

start() {
    if running; then cat "$dir/address" && return; fi
    binary=$PARTS/registry/usr/bin/docker-registry
    if [ ! -x "$binary" ]; then
        (one_at_a_time && apt_lists && unpack "$PARTS/registry" docker-registry)
    fi
    mkdir -p "$dir/data" && touch "$dir/.dsenvtest"
    auth=
    [ ! -f "$dir/htpasswd" ] || auth="auth: { htpasswd: { realm: dsenvtest, path: $dir/htpasswd } }"
    tries=0
    while [ $tries -lt 20 ]; do
        tries=$((tries + 1))
        # A port that somebody else takes in the meantime is found out at once, and another is tried.
        port=$(shuf -i 20000-32000 -n 1)
        address=127.0.0.1:$port
        cat >"$dir/config.yml" <<EOF
version: 0.1
log: { level: warn, accesslog: { disabled: true } }
storage: { filesystem: { rootdirectory: $dir/data }, delete: { enabled: true } }
http: { addr: "$address" }
$auth
EOF
        setsid "$binary" serve "$dir/config.yml" >"$dir/log" 2>&1 </dev/null 9>&- &
        pid=$!
        printf '%s\n' "$pid" >"$dir/pid"
        printf '%s\n' "$address" >"$dir/address"
        for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
            kill -0 "$pid" 2>/dev/null || break
            # /proc/net/tcp has the port in hexadecimal, and 0A for "listens".
            if grep -q "$(printf '0100007F:%04X' "$port") 00000000:0000 0A" /proc/net/tcp; then cat "$dir/address" && return; fi
            sleep 0.1
        done
        kill "$pid" 2>/dev/null || true
    done
    fail "the registry did not start; see $dir/log"
}

case $1 in
start) start ;;
stop) stop ;;
*) fail "usage: registry.sh start|stop DIR" ;;
esac
