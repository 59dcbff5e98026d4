#!/bin/sh
# single_header.sh [HEADER...]: writes ternion as one header to standard output, which needs C++20 and xsimd:
#
#   cmake/single_header.sh >ternion_single.hpp
#
# It is include/ternion/ternion.hpp and the run-time layer, or what is named (nn/straight_through.hpp, core/thread_pool.hpp),
# with all that they include. Includes of the library are replaced by the files. A file that stands in a region of #if and
# is needed outside of it too comes twice, with a macro that keeps the compiler from reading it again.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root/include/ternion"
[ $# -gt 0 ] || set -- ternion.hpp runtime/any_ternary.hpp runtime/compile.hpp
for header in "$@"; do
    [ -f "$header" ] || { echo "single_header.sh: there is no include/ternion/$header" >&2; exit 1; }
done

echo "// ternion as a single header, written by cmake/single_header.sh. It needs C++20 and xsimd."
echo "//"
sed 's|^|// |; s| *$||' "$root/LICENSE"
printf '\n#pragma once\n'
awk '
function path_of(from, name,    part, kept, n, i, count, out) {
    sub(/[^\/]*$/, "", from)
    n = split(from name, part, "/")
    for (i = 1; i <= n; ++i) {
        if (part[i] == "..") --count
        else if (part[i] != "." && part[i] != "") kept[++count] = part[i]
    }
    for (i = 1; i <= count; ++i) out = out (i > 1 ? "/" : "") kept[i]
    return out
}
function emit(path, conditional,    line, name, depth, guard) {
    if (path in complete || path in open) return
    open[path] = 1
    guard = "TERNION_SINGLE_" toupper(path)
    gsub(/[^A-Z0-9_]/, "_", guard)
    print "\n// ---- ternion/" path " ----\n#ifndef " guard "\n#define " guard
    if (!conditional) complete[path] = 1
    while ((getline line < path) > 0) {
        if (line ~ /^ *# *if/) ++depth
        if (line ~ /^ *# *endif/) --depth
        if (line ~ /^#pragma once/) continue
        if (line !~ /^ *# *include *"/) { print line; continue }
        name = line
        sub(/^[^"]*"/, "", name)
        sub(/".*/, "", name)
        emit(path_of(path, name), conditional || depth > 0)
    }
    close(path)
    delete open[path]
    print "#endif  // " guard
}
BEGIN { for (i = 1; i < ARGC; ++i) emit(ARGV[i], 0) }' "$@"
