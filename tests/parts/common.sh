# Shared by the scripts beside it, which source it: where things are kept, how they speak, how packages are had.
# Nothing here names a host: every mirror comes from this machine's own apt configuration.
# shellcheck shell=sh

set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$(CDPATH='' cd -- "$here/../.." && pwd)

# Downloads and unpacked programs; safe to delete, then fetched again.
PARTS=${DSENV_PARTS:-$root/target/parts}
mkdir -p "$PARTS"
PARTS=$(CDPATH='' cd -- "$PARTS" && pwd)

# The label on every image that is made here; `clean.sh` removes by it and by nothing else.
MARK=dev.dsenv.part

# Said on standard error: standard output is for what a caller reads.
say() { printf '%s: %s\n' "$(basename "$0" .sh)" "$*" >&2; }
fail() { say "$*"; exit 1; }

# Two runs at once share the caches: the second waits for the first.
one_at_a_time() {
    exec 9>"$PARTS/.lock"
    flock 9
}

have_image() { docker image inspect "$1" >/dev/null 2>&1; }

# The package lists are read once a day at most.
apt_lists() {
    if [ -z "$(find /var/lib/apt/lists -name '*Packages*' -newermt '1 day ago' -print -quit 2>/dev/null)" ]; then
        say "reading the package lists (apt-get update)"
        apt-get update -qq >/dev/null 2>&1 || say "apt-get update failed; going on with the lists there are"
        find /var/lib/apt/lists -maxdepth 1 -name '*Packages*' -exec touch {} + 2>/dev/null || true
    fi
}

# installs PROGRAM PACKAGE: only if the program is missing.
installs() {
    command -v "$1" >/dev/null 2>&1 && return
    [ "$(id -u)" = 0 ] || fail "$1 is missing and only root can install it; run: sudo apt-get install $2"
    apt_lists
    say "installing $2"
    # A service that the package brings stays down: these parts are started by hand, where they are wanted.
    DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "$2" >"$PARTS/apt.log" 2>&1 </dev/null ||
        fail "could not install $2; see $PARTS/apt.log"
}

# The Debian mirror that this machine uses.
debian_mirror() {
    apt_lists
    mirror=${DSENV_DEBIAN_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | head -n 1)}
    [ -n "$mirror" ] || fail "this machine's apt knows no Debian mirror; set DSENV_DEBIAN_MIRROR to one"
    printf '%s\n' "$mirror"
}

# unpack DIR PACKAGE[/SUITE]...: from this machine's own suite.
unpack() {
    unpack_into=$1
    shift
    (unpack_with "$unpack_into" "$@")
}

# unpack_sid DIR PACKAGE...: from Debian sid, through lists of our own, so that this machine's apt never sees it.
unpack_sid() {
    sid_into=$1
    shift
    sid=$PARTS/apt-sid
    if [ ! -f "$sid/ready" ]; then
        say "reading the package lists of Debian sid (kept in $sid)"
        mkdir -p "$sid/lists/partial" "$sid/cache/archives/partial"
        keyring=/usr/share/keyrings/debian-archive-keyring.gpg
        printf 'deb [signed-by=%s] %s sid main\n' "$keyring" "$(debian_mirror)" >"$sid/sources.list"
        cat >"$sid/apt.conf" <<EOF
Dir::Etc::SourceList "$sid/sources.list";
Dir::Etc::SourceParts "-";
Dir::Etc::Preferences "-";
Dir::Etc::PreferencesParts "-";
Dir::State::Lists "$sid/lists";
Dir::Cache "$sid/cache";
APT::Default-Release "sid";
APT::Sandbox::User "root";
// A frozen mirror serves lists past their date; their signature is checked all the same.
Acquire::Check-Valid-Until "false";
APT::Update::Post-Invoke-Success "";
EOF
        APT_CONFIG=$sid/apt.conf apt-get update -qq >"$sid/update.log" 2>&1 || fail "could not read the lists of sid; see $sid/update.log"
        touch "$sid/ready"
    fi
    (export APT_CONFIG="$sid/apt.conf" && unpack_with "$sid_into" "$@")
}

unpack_with() {
    mkdir -p "$1" "$1.debs"
    into=$(CDPATH='' cd -- "$1" && pwd)
    cd "$1.debs"
    shift
    say "downloading $*"
    # apt's own download user may not write here; root may.
    apt-get download -qq -o APT::Sandbox::User=root "$@" >"$PARTS/apt.log" 2>&1 </dev/null || fail "could not download $*; see $PARTS/apt.log"
    for deb in ./*.deb; do dpkg -x "$deb" "$into"; done
    cd / && rm -rf "$into.debs"
}
