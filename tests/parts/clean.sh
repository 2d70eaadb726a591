#!/bin/sh
# Removes what the scripts beside it keep: the images with their label, on the engine that DOCKER_HOST names, and the caches.
# Engines and registries are ended with their own `stop`.  usage: clean.sh
. "$(dirname "$0")/common.sh"

for image in $(docker image ls -q --filter "label=$MARK" 2>/dev/null | sort -u); do
    docker image rm -f "$image" >/dev/null && say "removed image $image"
done
rm -rf --one-file-system "$PARTS"
say "removed $PARTS"
