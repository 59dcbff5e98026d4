#!/bin/bash
# shell.sh ROOT: the commands that the project's pages show. Most take minutes, or a model of gigabytes, and are run by
# hand or by other tests; here each block must parse, and name only what there is: files of the repository, presets,
# targets, CMake's options of ours, and our programs' options.
set -euo pipefail
cd "$1"
blocks=$(mktemp -d)
trap 'rm -rf "$blocks"' EXIT
# shellcheck disable=SC2046 # no spaces in names
awk -v out="$blocks" '
    FNR == 1 { inside = 0 }
    /^ *```$/ { inside = 0 }
    inside { print > file }
    /^ *```sh$/ { inside = 1; file = out "/" ++n; place = FILENAME ":" FNR; print place > (file ".place") }
' README.md docs/*.md $(find examples -name '*.md')
wrong=0 checked=0
complain() { echo "$(cat "$block.place"): expected $1, found $2"; wrong=1; }
# known WHAT NAME PATTERN FILE...: the pattern is in some file.
known() {
    local what=$1 name=$2 pattern=$3
    shift 3
    checked=$((checked + 1))
    grep -qrE -e "$pattern" "$@" || complain "$what" "$name"
}
names() { grep -oE -- "$1" "$block" | sed -E "s#$2##" | sort -u || true; }

for block in "$blocks"/*.place; do
    block=${block%.place}
    bash -n "$block" || complain "commands" "what doesn't parse"
    folders='cmake|examples|tests|benchmarks|docs|include'
    for path in $(names "(^|[ ./=])($folders)/[A-Za-z0-9_./*-]+" '^[ =]?(\./)?/?'); do
        checked=$((checked + 1))
        compgen -G "$path" >/dev/null || complain "a file of the repository" "$path"
    done
    for preset in $(names '--preset [a-z0-9-]+' '--preset '); do
        known "a preset" "$preset" "\"name\": \"$preset\"" CMakePresets.json cmake/presets
    done
    for option in $(names '-D(TERNION|BITNET)_[A-Z0-9_]+' '-D'); do
        known "an option of CMake's" "$option" "\b$option\b" --include=CMakeLists.txt --include='*.cmake' \
            CMakeLists.txt benchmarks cmake examples tests
    done
    for target in $(names '--target [a-z0-9_ -]*' '--target ' | sed 's/ -.*//'); do
        known "a target" "$target" "(add_[a-z_]+|_executable)\\($target\b" --include=CMakeLists.txt --include='*.cmake' \
            benchmarks cmake examples tests
    done
    # Options of a line that calls one of the programs; those of Google Benchmark begin with its name.
    sed -e ':join' -e '/\\$/{N; s/\\\n//; b join' -e '}' "$block" | sed -E 's/#.*//' >"$block.lines"
    for option in $(grep 'build/release/bin/' "$block.lines" | grep -oE -- ' --[a-z][a-z0-9-]*' | sort -u || true); do
        case $option in --benchmark*) continue ;; esac
        known "an option of a program's" "$option" "[\",]$option\b" --include='*.cpp' --include='*.hpp' \
            benchmarks examples
    done
done
[ "$checked" -ge 60 ] || { echo "expected pages that name 60 things or more, found $checked"; exit 1; }
[ $wrong = 0 ] && echo "$(find "$blocks" -name '*.place' | wc -l) blocks of commands name $checked things that there are"
