#!/bin/sh
# The pages of the project against its sources: see shown.awk.
set -eu
here=$PWD
cd ../..
# shellcheck disable=SC2046 # no spaces in names
exec awk -f "$here/shown.awk" README.md docs/*.md $(find examples -name '*.md') \
    $(find examples include tests \( -name '*.[ch]' -o -name '*.[ch]pp' \) )
