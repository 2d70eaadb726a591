#!/bin/sh
# Has debian:bookworm-slim on the engine that DOCKER_HOST names: pulled where a registry answers, else made with debootstrap
# (about 30 s and 200 MB, kept for other engines) from this machine's own mirror. Does nothing if it is there.
# usage: debian-image.sh
. "$(dirname "$0")/common.sh"

image=debian:bookworm-slim
have_image $image && exit 0
one_at_a_time
have_image $image && exit 0

say "pulling $image"
if timeout 300 docker pull -q $image >/dev/null 2>"$PARTS/pull.log"; then exit 0; fi
say "no registry gave it ($(head -n 1 "$PARTS/pull.log" | cut -c1-120)); making it from packages"

tarball=$PARTS/debian-bookworm-slim.tar
if [ ! -f "$tarball" ]; then
    installs debootstrap debootstrap
    [ "$(id -u)" = 0 ] || fail "debootstrap needs root"
    mirror=$(debian_mirror)
    say "debootstrap of bookworm from $mirror"
    rootfs=$(mktemp -d "$PARTS/debian.XXXXXX")
    trap 'rm -rf --one-file-system "$rootfs"' EXIT
    debootstrap --variant=minbase bookworm "$rootfs" "$mirror" >"$PARTS/debootstrap.log" 2>&1 </dev/null ||
        fail "debootstrap failed; see $PARTS/debootstrap.log"
    # What the published image does as well: no package files, lists or documentation, now and after every later install,
    # and no disk flush for each file that dpkg writes.
    rm -rf "$rootfs"/var/cache/apt/archives/*.deb "$rootfs"/var/cache/apt/*.bin "$rootfs"/var/lib/apt/lists/* \
        "$rootfs"/usr/share/doc/* "$rootfs"/usr/share/man/* "$rootfs"/usr/share/locale/* "$rootfs"/var/log/*.log
    printf 'path-exclude /usr/share/%s/*\n' doc man locale >"$rootfs/etc/dpkg/dpkg.cfg.d/docker"
    echo force-unsafe-io >"$rootfs/etc/dpkg/dpkg.cfg.d/docker-apt-speedup"
    clean='rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb /var/cache/apt/*.bin || true'
    printf 'DPkg::Post-Invoke { "%s"; };\nAPT::Update::Post-Invoke { "%s"; };\nDir::Cache::pkgcache "";\nDir::Cache::srcpkgcache "";\n' \
        "$clean" "$clean" >"$rootfs/etc/apt/apt.conf.d/docker-clean"
    echo 'Acquire::Languages "none";' >"$rootfs/etc/apt/apt.conf.d/docker-no-languages"
    # debootstrap copies these two from this machine.
    : >"$rootfs/etc/hostname"
    : >"$rootfs/etc/resolv.conf"
    tar -C "$rootfs" --numeric-owner --one-file-system -cf "$tarball.part" .
    mv "$tarball.part" "$tarball"
fi

say "importing $image"
docker import -c 'CMD ["bash"]' -c "LABEL $MARK=debian" "$tarball" $image >/dev/null
