# Included by the tests: sets `folder`, `tiny` and `small`, and defines what they share. Their arguments are mpirun, the
# program and the project's root.
set -eu
mpirun=$1
program=$2
tiny=$3/tests/golden/tiny-bitnet.gguf
small=$3/examples/models/small.gguf
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
export OMPI_MCA_hwloc_base_binding_policy=none OMPI_MCA_btl=self,vader OMPI_MCA_mpi_yield_when_idle=1

# on N ARGUMENT...: the program on N ranks of one thread.
on() {
    size=$1
    shift
    timeout 60 "$mpirun" -n "$size" "$program" "$@"
}

fail() {
    echo "$*" >&2
    [ ! -e "$folder/err" ] || cat "$folder/err" >&2
    exit 1
}

# process_of MPIRUN RANK: the process of a rank that the process MPIRUN has started.
process_of() {
    for directory in /proc/[0-9]*; do
        [ "$(cut -d' ' -f4 "$directory/stat" 2>/dev/null)" = "$1" ] || continue
        tr '\0' '\n' <"$directory/environ" 2>/dev/null | grep -qx "OMPI_COMM_WORLD_RANK=$2" && echo "${directory#/proc/}"
    done
    true
}
