#!/bin/sh
# Two ranks of one thread against one process of one thread and of two, in turns: ranks.sh PROGRAM MODEL [ROUNDS].
# Prints bench's line for each, and of ranks the collectives and bytes a token and the share of time in them. On a
# machine of two cores on which nothing else runs; medians over the rounds are the reader's.
set -eu
program=$1
model=$2
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_hwloc_base_binding_policy=none
for round in $(seq "${3:-3}"); do
    for start in "threads 1" "threads 2" "ranks 2"; do
        set -- $start
        case $1 in
        threads) "$program" bench -m "$model" -p 128 -n 32 -t "$2" ;;
        ranks) mpirun -n "$2" "$program" bench -m "$model" -p 128 -n 32 -t 1 ;;
        esac | grep -E '^(pp|tg)' | sed "s/^/$round, $start: /"
    done
done
