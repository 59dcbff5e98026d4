#!/bin/sh
# check.sh SOURCE COMPILER FLAGS...: SOURCE must compile with -DCORRECT, and without it must fail with the words that its
# first line gives after "// expect: ". So a failure for another reason, a missing header say, is not taken for the one meant.
set -eu
source=$1
shift
expected=$(sed -n '1s|^// expect: ||p' "$source")
[ -n "$expected" ] || { echo "$source names no expected error"; exit 1; }

"$@" -fsyntax-only -DCORRECT "$source" || { echo "$source: the correct form doesn't compile"; exit 1; }
if output=$("$@" -fsyntax-only "$source" 2>&1); then
    echo "$source: compiled, which it must not"
    exit 1
fi
# Compilers quote with different marks, and wrap nothing.
echo "$output" | tr -d "\`'‘’\"" | grep -F -e "$expected" || {
    echo "$source: fails, but without the words: $expected"
    echo "$output" | head -n 20
    exit 1
}
