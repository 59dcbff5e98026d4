#!/bin/sh
# Runs all tests: gets what is missing, builds, tests. Arguments go to ctest, such as -R gemv.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/cmake/setup/release.sh"

build_release
cd "$root"
exec ctest --preset release --parallel "$(jobs_at_once)" "$@"
