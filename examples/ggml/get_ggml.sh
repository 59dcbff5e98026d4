#!/bin/sh
# Unpacks ggml and llama.cpp as Debian's testing release packages them, with the libraries that they need, into a folder
# that is a small root file system: get_ggml.sh FOLDER. Nothing is installed, and the machine's own release stays as it
# is: these packages need a newer C library than it may have. The addresses are those of the package sources that the
# machine is set up with. Does nothing where the folder is there.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
fail() {
    echo "get_ggml.sh: $*" >&2
    exit 1
}
[ $# = 1 ] || fail "expected the folder to make, found $# arguments"
case $1 in *[[:space:]]*) fail "apt can't work in a folder with a space in its path: $1" ;; esac
[ ! -e "$1/usr/bin/llama-completion" ] || exit 0
grep -qx 'ID=debian' /etc/os-release 2>/dev/null || fail "expected Debian, whose packages these are; elsewhere build ggml yourself"

mkdir -p "$1"
folder=$(cd "$1" && pwd)
state=$folder/apt
rm -rf "$state"
mkdir -p "$state/sources" "$state/lists/partial" "$state/cache/archives/partial"
awk -f "$here/../../cmake/setup/newer_sources.awk" -v codename="$(. /etc/os-release && echo "${VERSION_CODENAME:-sid}")" \
    -v suites=testing -v list="$state/sources/testing.list" -v sources="$state/sources/testing.sources" \
    $(ls /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null) /dev/null

# apt, for a machine on which nothing is installed.
testing() {
    LC_ALL=C apt-get -q -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$state/sources" \
        -o Dir::State::lists="$state/lists" -o Dir::Cache="$state/cache" -o Dir::State::status=/dev/null \
        -o APT::Sandbox::User=root -o Acquire::Languages=none -o Acquire::Retries=2 -o Debug::NoLocking=1 \
        -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false \
        -o Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false "$@" >"$state/log" 2>&1 </dev/null ||
        fail "this machine's package sources don't give libggml-dev and llama.cpp-tools: $(grep -m1 '^E:' "$state/log" || tail -n1 "$state/log")"
}
testing update -o APT::Update::Error-Mode=any
testing install -y --no-install-recommends --download-only libggml-dev llama.cpp-tools
# As the package base-files has them, which is the first that a whole system unpacks.
for name in bin lib lib64 sbin; do
    mkdir -p "$folder/usr/$name"
    [ -e "$folder/$name" ] || ln -s "usr/$name" "$folder/$name"
done
mkdir -p "$folder/tmp"
rm -f "$folder/packages"
for package in "$state"/cache/archives/*.deb; do
    dpkg-deb -x "$package" "$folder" || fail "$package can't be unpacked"
    dpkg-deb -f "$package" Package Version | awk '/^Package/ { name = $2 } END { print name, $2 }' >>"$folder/packages"
done
rm -rf "$state"
grep -E '^(libggml0|llama.cpp-tools) ' "$folder/packages"
