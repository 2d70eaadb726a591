#!/bin/sh
# A second, newer engine beside this machine's own: Docker Engine 28.5 from Debian sid, in a network namespace of its own
# (its bridge and packet filter rules would break the other's), with all its data in DIR.
# Ports it publishes answer inside that namespace (nsenter --net=/run/netns/dsenvtest-…), and nothing outside is reached from it.
# With STORE=containerd it keeps images in containerd's store.
# With ENGINE=installed it is a second one of the machine's own version, and nothing is fetched.
# usage: engine-28.sh start DIR    prints DOCKER_HOST's value; does nothing more if it runs already
#        engine-28.sh restart DIR  ends it as a power cut does, and starts it again
#        engine-28.sh stop DIR     ends it and removes the namespace and DIR
. "$(dirname "$0")/common.sh"

[ $# = 2 ] || fail "usage: engine-28.sh start|restart|stop DIR"
[ "$(id -u)" = 0 ] || fail "an engine and a network namespace need root"
case $2 in /*) dir=$2 ;; *) dir=$PWD/$2 ;; esac
# One name per DIR, short enough for an interface.
key=$(printf '%s' "$dir" | cksum | cut -d' ' -f1)
netns=dsenvtest-$key
host=unix://$dir/docker.sock

running() { [ -f "$dir/dockerd.pid" ] && kill -0 "$(cat "$dir/dockerd.pid")" 2>/dev/null; }

stop() {
    if running; then
        pid=$(cat "$dir/dockerd.pid")
        say "stopping the engine (pid $pid)"
        kill "$pid"
        tries=0
        while kill -0 "$pid" 2>/dev/null; do
            tries=$((tries + 1))
            [ $tries -lt 300 ] || { kill -9 "$pid" 2>/dev/null || true; }
            sleep 0.1
        done
    fi
    # What the daemon mounted and could not let go of.
    awk -v dir="$dir/" 'index($2, dir) == 1 { print $2 }' /proc/mounts | sort -r | while read -r mount; do umount -l "$mount" || true; done
    if ip netns list | cut -d' ' -f1 | grep -qx "$netns"; then ip netns delete "$netns"; fi
    [ ! -f "$dir/.dsenvtest" ] || rm -rf --one-file-system "$dir"
}

start() {
    if running && DOCKER_HOST=$host docker version >/dev/null 2>&1; then printf '%s\n' "$host" && return; fi
    [ ! -e "$dir" ] || [ -f "$dir/.dsenvtest" ] || [ -z "$(ls -A "$dir")" ] || fail "$dir is not empty and not this script's"
    [ ! -f "$dir/.dsenvtest" ] || stop
    [ -n "$installed" ] || (one_at_a_time && fetch)
    installs ip iproute2
    installs nsenter util-linux
    installs iptables iptables
    mkdir -p "$dir" && touch "$dir/.dsenvtest"
    ip netns add "$netns"
    ip netns exec "$netns" ip link set lo up
    say "starting $what in network namespace $netns (its log is $dir/dockerd.log)"
    serve
    printf '%s\n' "$host"
}

# Not `ip netns exec`: that mounts a new /sys, in which the control groups are missing.
serve() {
    config=$dir/daemon.json
    case ${STORE:-} in containerd) features=true ;; *) features=false ;; esac
    printf '{"features": {"containerd-snapshotter": %s}}\n' "$features" >"$config"
    [ -n "$installed" ] || PATH=$engine/usr/bin:$engine/usr/sbin:$engine/usr/libexec/docker:$PATH
    launch
    tries=0
    until DOCKER_HOST=$host timeout 5 docker version >/dev/null 2>&1; do
        tries=$((tries + 1))
        # On a busy machine it gives up waiting for its own containerd.
        if ! kill -0 "$started" 2>/dev/null && [ $tries -lt 200 ]; then
            end_what_it_held
            launch
        fi
        if [ $tries -ge 240 ]; then
            tail -n 5 "$dir/dockerd.log" >&2
            stop
            fail "the engine did not start"
        fi
        sleep 0.25
    done
}

launch() {
    setsid nsenter --net="/run/netns/$netns" dockerd --data-root "$dir/data" --exec-root "$dir/run" --pidfile "$dir/dockerd.pid" \
        --config-file "$config" -H "$host" >>"$dir/dockerd.log" 2>&1 </dev/null 9>&- &
    started=$!
}

end_what_it_held() {
    rm -f "$dir/dockerd.pid"
    for held in $(grep -lsF "$dir/run" /proc/[0-9]*/cmdline | cut -d/ -f3); do
        [ "$held" = $$ ] || kill -9 "$held" 2>/dev/null || true
    done
}

# Its containers die with it: what would hold them is killed before it can tell anybody.
restart() {
    running || fail "no engine runs in $dir"
    pid=$(cat "$dir/dockerd.pid")
    kill -9 "$pid"
    while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
    end_what_it_held
    serve
}

case ${ENGINE:-} in
installed) installed=yes what="a second engine" ;;
*) installed='' what="Engine 28.5" ;;
esac
engine=$PARTS/engine-28
fetch() {
    [ ! -f "$engine/ready" ] || return 0
    # This suite's runc: sid's wants a newer libc.
    command -v runc >/dev/null 2>&1 || unpack "$engine" runc
    unpack_sid "$engine" docker.io containerd tini-static
    # The engine looks for docker-init by this name.
    [ -e "$engine/usr/bin/docker-init" ] || ln -s tini-static "$engine/usr/bin/docker-init"
    touch "$engine/ready"
}

case $1 in
start) start ;;
restart) restart ;;
stop) stop ;;
*) fail "usage: engine-28.sh start|restart|stop DIR" ;;
esac
