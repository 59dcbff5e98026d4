#!/bin/sh
# Gets packages on Debian: debian.sh STATE PREFIX NAME:PACKAGE:MINIMUM...
#
# A package of the installed release that is new enough is installed by apt-get for root, and unpacked under PREFIX for
# everyone else. One that is too old there comes from the release's backports or, headers only, from the next release,
# and is always unpacked, so that nothing else on the system sees it. The addresses are those of the package sources
# that the machine is set up with. apt works on package lists of its own under STATE: the system's stay as they are.
set -eu

here=$(dirname "$0")
state=$1
prefix=$2
shift 2

say() { echo "-- ternion: $*"; }
# The caller shows the reason.
fail() {
    mkdir -p "$state"
    echo "$*" >"$state/failure"
    exit 1
}

case "$state$prefix" in *[[:space:]]*) fail "apt can't work in a folder with a space in its path: $prefix" ;; esac
root=no
[ "$(id -u)" != 0 ] || root=yes
codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-sid}")
case $codename in
bookworm) backports=bookworm-backports next=trixie ;;
*) backports=$codename-backports next=testing ;;
esac
export DEBIAN_FRONTEND=noninteractive LC_ALL=C

# own COMMAND...: apt for the installed release. newer COMMAND...: apt for what stands after it.
own() {
    program=$1
    shift
    "$program" -o Dir::State::lists="$state/lists" -o Dir::Cache="$state/cache" -o APT::Sandbox::User=root \
        -o Acquire::Languages=none -o Acquire::Retries=2 -o DPkg::Lock::Timeout=300 \
        -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false \
        -o Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false "$@" </dev/null
}
newer() {
    program=$1
    shift
    own "$program" -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$state/newer.sources.d" \
        -o Dir::State::lists="$state/newer-lists" -o Dir::Cache="$state/newer-cache" "$@"
}

# Updates a private set of lists. An unreachable source is no failure yet: what counts is whether the packages are found.
update() {
    mkdir -p "$state/lists/partial" "$state/cache/archives/partial" \
        "$state/newer-lists/partial" "$state/newer-cache/archives/partial"
    "$1" apt-get update -q >"$state/update.log" 2>&1 || true
}

candidate() { own apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: //p' | grep -v none || true; }

# version_in SUITE PACKAGE
version_in() {
    newer apt-cache madison "$2" 2>/dev/null |
        awk -F' *[|] *' -v suite="$1" 'index($3, " " suite "/") { gsub(/ /, "", $2); print $2; exit }'
}

at_least() { [ -n "$1" ] && dpkg --compare-versions "$1" ge "$2"; }

# choose NAME PACKAGE MINIMUM: puts it into to_install, to_download, to_unpack or unavailable.
choose() {
    # One script is all that is wanted of marked, whose package asks for Node.js.
    if [ "$1" = Marked ]; then
        to_download="$to_download $2"
        return
    fi
    if at_least "$(candidate "$2")" "$3"; then
        to_install="$to_install $2"
        return
    fi
    if [ ! -e "$state/newer.sources.d" ]; then
        mkdir -p "$state/newer.sources.d"
        awk -f "$here/newer_sources.awk" -v codename="$codename" -v suites="$backports $next" \
            -v list="$state/newer.sources.d/newer.list" -v sources="$state/newer.sources.d/newer.sources" \
            $(ls /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null) /dev/null
        update newer
    fi
    suites=$backports
    also=
    # xsimd's package wants xtl's for its CMake configuration; both are headers only.
    [ "$1" != xsimd ] || suites="$backports $next" also=xtl-dev
    for suite in $suites; do
        version=$(version_in "$suite" "$2")
        if at_least "$version" "$3"; then
            to_unpack="$to_unpack $2=$version"
            [ -z "$also" ] || to_unpack="$to_unpack $also=$(version_in "$suite" "$also")"
            return
        fi
    done
    unavailable="$unavailable, $2 $3"
}

unpack() {
    mkdir -p "$prefix"
    for package in "$@"; do
        dpkg-deb -x "$package" "$prefix"
    done
}

rm -rf "$state"
mkdir -p "$state"
say "reading the package lists of $codename (a copy of its own; the system's stay as they are)"
update own
to_install= to_download= to_unpack= unavailable=
for wanted in "$@"; do
    choose "$(echo "$wanted" | cut -d: -f1)" "$(echo "$wanted" | cut -d: -f2)" "$(echo "$wanted" | cut -d: -f3)"
done
if [ -n "$unavailable" ]; then
    reason=$(grep -m1 -E '^(E|W):' "$state/update.log" | cut -c 4- || true)
    fail "this machine's package sources don't give${unavailable#,} (or newer)${reason:+, and apt-get says: $reason}"
fi

if [ -n "$to_install" ] && [ "$root" = yes ]; then
    say "installing with apt-get:$to_install"
    # shellcheck disable=SC2086 # a list of words
    own apt-get install -q -y --no-remove --no-install-recommends $to_install >"$state/install.log" 2>&1 ||
        fail "apt-get can't install$to_install: $(grep -m1 '^E:' "$state/install.log" || tail -n1 "$state/install.log")"
elif [ -n "$to_install" ]; then
    case $to_install in *clang* | *qemu* | *-gnu* | *emscripten* | *nodejs* | *chromium* | *python* | *openmpi* | *mkdocs* | *npm*) fail "only root can install$to_install" ;; esac
    say "not root, so unpacking into build/deps:$to_install"
    # shellcheck disable=SC2086
    own apt-get install -q -y --download-only -o Debug::NoLocking=1 --no-install-recommends $to_install \
        >"$state/install.log" 2>&1 || fail "can't download$to_install: $(tail -n1 "$state/install.log")"
    unpack "$state"/cache/archives/*.deb
fi
if [ -n "$to_download" ]; then
    say "unpacking into build/deps:$to_download"
    mkdir -p "$state/alone"
    # shellcheck disable=SC2086
    (cd "$state/alone" && own apt-get download -q $to_download) >"$state/install.log" 2>&1 ||
        fail "can't download$to_download: $(tail -n1 "$state/install.log")"
    unpack "$state"/alone/*.deb
fi
if [ -n "$to_unpack" ]; then
    say "unpacking into build/deps, from newer releases:$to_unpack"
    mkdir -p "$state/debs"
    # shellcheck disable=SC2086
    (cd "$state/debs" && newer apt-get download -q $to_unpack) >"$state/install.log" 2>&1 ||
        fail "can't download$to_unpack: $(tail -n1 "$state/install.log")"
    unpack "$state"/debs/*.deb
fi
rm -rf "$state"
