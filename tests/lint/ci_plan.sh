#!/bin/sh
# What .ci/run leaves out, by plans of it: nothing where there is time, and never what must always run.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
always="set-up formatting site release each_header_alone asan portable scalar"
: >"$work/times" # each stage takes a minute

# plan BUDGET COMMIT: the stages that would run, in order, one a line; those left out behind a minus.
plan() {
    CI_BUDGET=$1 CI_COMMIT=$2 "$root/.ci/run" --plan "$work/times" >"$work/plan"
    sed -n 's/^=== //p' "$work/plan" | grep -v '^time of' | tr ' ' _
    sed -n 's/^left out: //p' "$work/plan" | tr ' ' '\n' | grep -v '^none$' | sed 's/^/-/' || true
}
fail() {
    echo "ci_plan: $*"
    cat "$work/plan"
    exit 1
}

all=$(plan 100000 a)
[ "$(echo "$all" | grep -c '^-')" = 0 ] || fail "something was left out of a plan with time for all"
for preset in $(sed -n 's/.*"name": "\([^"]*\)", "configurePreset".*/\1/p' "$root/cmake/presets/isas.json"); do
    echo "$all" | grep -qx "$preset" || fail "no stage for $preset"
done
[ "$(plan 0 a | grep -v '^-' | paste -sd' ')" = "$always" ] || fail "expected $always"
[ "$(plan 0 a | sed 's/^-//' | sort)" = "$(echo "$all" | sort)" ] || fail "a stage neither ran nor was named"
[ "$(plan 900 a | grep -vc '^-')" = 15 ] || fail "expected 15 stages of a minute in 900 seconds"
[ "$(plan 900 a)" = "$(plan 900 a)" ] || fail "the same commit has two orders"
[ "$(plan 900 a)" != "$(plan 900 b)" ] || fail "two commits have the same order"
echo "$(echo "$all" | wc -l) stages planned"
