#!/bin/sh
# Makes the base image of nearly every test, busybox:latest, from Debian's busybox-static. Does nothing if it is there.
# The image goes to the engine that DOCKER_HOST names.  usage: busybox-image.sh
. "$(dirname "$0")/common.sh"

have_image busybox:latest && exit 0
one_at_a_time
have_image busybox:latest && exit 0

rootfs=$PARTS/busybox
if [ ! -f "$rootfs/ready" ]; then
    rm -rf "$rootfs" && mkdir -p "$rootfs"
    apt_lists
    unpack "$rootfs/deb" busybox-static
    mkdir -p "$rootfs/image/bin" "$rootfs/image/tmp" "$rootfs/image/etc" "$rootfs/image/root" "$rootfs/image/var/run"
    chmod 1777 "$rootfs/image/tmp"
    cp "$(find "$rootfs/deb" -type f -name busybox -perm -100 | head -n 1)" "$rootfs/image/bin/busybox"
    printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n' >"$rootfs/image/etc/passwd"
    printf 'root:x:0:\nnogroup:x:65534:\n' >"$rootfs/image/etc/group"
    for applet in $("$rootfs/image/bin/busybox" --list); do
        [ "$applet" = busybox ] || ln -s busybox "$rootfs/image/bin/$applet"
    done
    touch "$rootfs/ready"
fi

say "importing busybox:latest"
tar -C "$rootfs/image" --owner=0 --group=0 -c . |
    docker import -c 'ENV PATH=/bin' -c 'CMD ["sh"]' -c "LABEL $MARK=busybox" - busybox:latest >/dev/null
