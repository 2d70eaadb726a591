#!/bin/sh
# Fetches Docker Compose 2.40.3 from Debian sid, the peer that dsenv is measured and checked against, and prints the path of
# its binary, which runs alone.  usage: compose.sh
. "$(dirname "$0")/common.sh"

binary=$PARTS/compose/usr/libexec/docker/cli-plugins/docker-compose
if [ ! -x "$binary" ]; then
    one_at_a_time
    [ -x "$binary" ] || unpack_sid "$PARTS/compose" docker-compose
fi
printf '%s\n' "$binary"
