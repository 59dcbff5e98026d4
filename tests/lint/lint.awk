# The rules of docs/layers.md on every file named as an argument, relative to the project's root.
# Prints FILE:LINE: RULE: TEXT for each complaint.

BEGIN {
    # A file includes its own layer or one below it.
    layer["core"] = 0; layer["simd"] = 1; layer["packing"] = 2; layer["quant"] = 2
    layer["tensor"] = 3; layer["ops"] = 4; layer["nn"] = 5; layer["runtime"] = 6; layer["distributed"] = 7; layer["ternion.hpp"] = 7
    # Written so that these rules don't find themselves.
    todo = "(^|[^A-Za-z.])(TO" "DO|FIX" "ME|XX" "X)([^A-Za-z]|$)"
    registry = "(deb|snapshot|archive|security|ftp)[.](de" "bian|ub" "untu)[.]|(py" "pi[.]org|cra" "tes[.]io|npm" "js[.]|con" "da[.]org)"
    machine_path = "(^|[^A-Za-z0-9_.}>/-])/(ho" "me|ro" "ot|wo" "rk|fa" "rm|Us" "ers)/"
}

function complain(rule, text) { print FILENAME ":" FNR ": " rule ": " text }

function folder_of(path,    part, n) {
    n = split(path, part, "/")
    return n < 3 ? "" : part[3] # include/ternion/FOLDER/...
}

function join_path(base, relative,    part, n, i, kept, out) {
    sub(/[^\/]*$/, "", base)
    n = split(base relative, part, "/")
    kept = 0
    for (i = 1; i <= n; ++i) {
        if (part[i] == "..") --kept
        else if (part[i] != "." && part[i] != "") out_part[++kept] = part[i]
    }
    out = out_part[1]
    for (i = 2; i <= kept; ++i) out = out "/" out_part[i]
    return out
}

function exists(path,    line, status) {
    status = (getline line < path)
    close(path)
    return status >= 0
}

function check_quoted_include(name,    from, to, target) {
    target = join_path(FILENAME, name)
    if (!exists(target)) { complain("include", name " is no file beside this one: includes here are quoted and relative"); return }
    from = folder_of(FILENAME)
    to = folder_of(target)
    if (from == to) return
    if (!(to in layer) || layer[to] >= layer[from]) complain("layer", from " must not include " to " (" name ")")
}

function check_system_include(name) {
    if (name ~ /^ternion\//) complain("include", "<" name ">: includes here are quoted and relative")
    if (name ~ /^Eigen\// && FILENAME != "include/ternion/tensor/eigen.hpp") complain("eigen", "only tensor/eigen.hpp includes Eigen")
    if (name == "mpi.h" && FILENAME != "include/ternion/distributed/mpi.hpp") complain("mpi", "only distributed/mpi.hpp includes mpi.h")
    if (name ~ /^xsimd\// && FILENAME !~ /^include\/ternion\/simd\//) complain("xsimd", "only simd includes xsimd")
    if (name ~ /(intrin|arm_neon|arm_sve|arm_acle|wasm_simd128|riscv_vector|altivec)[.]h$/ && FILENAME !~ /\/simd\/isa\//)
        complain("intrinsics", "<" name "> belongs into simd/isa")
}

function check_header(    name) {
    if (FNR == 1) {
        ++headers
        if (!(folder_of(FILENAME) in layer)) complain("layer", "this folder is no layer")
        if ($0 !~ /^#pragma once/) complain("once", "a header starts with #pragma once")
    }
    if (match($0, /^ *# *include *"[^"]*"/)) {
        name = $0; sub(/^[^"]*"/, "", name); sub(/".*/, "", name)
        check_quoted_include(name)
    } else if (match($0, /^ *# *include *<[^>]*>/)) {
        name = $0; sub(/^[^<]*</, "", name); sub(/>.*/, "", name)
        check_system_include(name)
    }
    if (/^ *# *define/ && FILENAME !~ /core\/(config|version|cpu(_[a-z0-9]+)?)[.]hpp$/)
        complain("macro", "macros are defined in core/config.hpp and core/cpu*.hpp only")
    name = $0
    sub(/\/\/.*/, "", name)
    if (name ~ /(^|[^A-Za-z0-9])_mm(256|512)?_|__builtin_ia32/ && FILENAME !~ /\/simd\/isa\//) complain("intrinsics", "they belong into simd/isa")
    if (name ~ /(^|[^A-Za-z0-9_])(min|max|round) *\(/) complain("macro", "min, max and round may be macros elsewhere: (std::min)(a, b)")
    if (tolower(name) ~ /gguf|safetensors/) complain("format", "the library knows no file format")
}

# The engine's public headers: what includes them needs the standard library alone.
function check_light(    name) {
    if (!/^ *# *include/) return
    name = $0
    sub(/^ *# *include */, "", name)
    if (name !~ /^<[a-z_]+>/ && name !~ /^"[a-z_]+[.]hpp"/) complain("include", name ": the engine's headers include the standard library and each other")
}

# The C interface: whoever includes it needs a C compiler alone.
function check_c_header(    name) {
    if (!/^ *# *include/) return
    name = $0
    sub(/^ *# *include */, "", name)
    if (name !~ /^<std(def|int)[.]h>/) complain("include", name ": the C interface includes stddef.h and stdint.h")
}

function check_user() {
    if (/^ *# *include *"([^"]*\/)?ternion\//) complain("include", "ternion's headers are included as <ternion/...>")
    if (/^ *# *include *[<"]ternion\/[^>"]*detail/) complain("include", "this header is no public one")
    if (FILENAME ~ /^examples\/program\// && /^ *# *include *([<"](bitnet_2b4t|train)\/|"[.][.]\/[.][.]\/)/)
        complain("layer", "what programs share knows none of them")
    if (/^ *# *include *<boost\// && FILENAME !~ /^examples\/bitnet_2b4t\/serve\/http_|^tests\/fuzz\/http_/) complain("layer", "HTTP stays in serve/http_*, and its test")
    if (FILENAME ~ /^examples\/program\/io\// && /^ *# *include *[<"]([.][.]|program)\/cli\//) complain("layer", "io must not include cli")
}

FNR == 1 { ++files; lines = 0 }
FILENAME ~ /^include\/ternion\/.*[.]hpp$/ { check_header() }
FILENAME ~ /^include\/ternion\/.*[.]h$/ { check_c_header() }
FILENAME ~ /^examples\/bitnet_2b4t\/include\// { check_light() }
FILENAME ~ /^(examples|tests|benchmarks)\/.*[.](hpp|cpp|h|c)$/ { check_user() }
$0 ~ todo { complain("todo", "finish it, or write it down in docs/") }
$0 ~ registry { complain("host", "no package registry is named here") }
$0 ~ machine_path { complain("path", "a path of one machine") }
FNR == 1 && FILENAME ~ /(^|\/)[^\/]*(utils?|helpers?|impl2)[^\/]*$/ { complain("name", "a file is named after what it holds") }
FNR == 401 && FILENAME ~ /[.](hpp|cpp|h|c|sh|cmake|awk)$/ { complain("length", "more than 400 lines") }
END { print files + 0, headers + 0 > counts }
