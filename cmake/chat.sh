#!/bin/sh
# Opens the chat: gets what is missing, builds, and hands the terminal over. Arguments go to `bitnet-2b4t chat`.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/cmake/setup/release.sh"

build_release bitnet-2b4t >&2  # standard output is for answers
exec "$root/build/release/bin/bitnet-2b4t" chat "$@"
