#!/bin/sh
# debian.sh BUILD: builds libternion for every machine of this kind in the folder BUILD, makes libternion1 and libternion-dev there, and
# lets lintian look at them, where it is installed: a warning is an error. DEBFULLNAME and DEBEMAIL say who makes them.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
build=$1
flags=$(dpkg-buildflags --get CPPFLAGS 2>/dev/null || true)
cmake -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=/usr -DTERNION_BUILD_C=ON \
    -DTERNION_BUILD_EXAMPLES=OFF -DTERNION_BUILD_TESTS=OFF -DTERNION_BUILD_BENCHMARKS=OFF \
    ${DEBEMAIL:+-DTERNION_PACKAGER="${DEBFULLNAME:-ternion contributors} <$DEBEMAIL>"} \
    -DCMAKE_CXX_FLAGS="$flags -fstack-protector-strong -ffile-prefix-map=$root=." \
    -DCMAKE_SHARED_LINKER_FLAGS="-Wl,-z,relro -Wl,-z,now"
cmake --build "$build" --parallel "$(getconf _NPROCESSORS_ONLN)"
cd "$build"
rm -f ./*.deb
cpack
ls -l ./*.deb
if command -v lintian >/dev/null; then
    set -- --fail-on error,warning
    # Packages for oneself need no address.
    [ -n "${DEBEMAIL-}" ] || set -- "$@" --suppress-tags bogus-mail-host,bogus-mail-host-in-debian-changelog
    lintian "$@" ./*.deb
else
    echo "lintian is not installed: the packages are unchecked"
fi
