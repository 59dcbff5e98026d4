#!/bin/sh
# symbols.sh LIBRARY MAP HEADER: the shared library exports what the map lists, under the version that it states, and what the
# header declares; and nothing else, such as functions of C++.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
nm --dynamic --defined-only --with-symbol-versions "$1" | awk '$2 != "A" { sub("@@", " ", $3); print $3 }' | sort >"$work/exported"
awk '/^[A-Z_0-9]+ [{]/ { version = $1 } /global:/ { listed = 1; next } /local:|[}]/ { listed = 0 }
     listed { sub(";", ""); print $1, version }' "$2" | sort >"$work/listed"
sed -n 's/^TERNION_API .*[ *]\(ternion_[a-z0-9_]*\)(.*/\1/p' "$3" | sort >"$work/declared"
[ "$(wc -l <"$work/declared")" -ge 30 ] || { echo "fewer than 30 functions are declared: the wrong file?"; exit 1; }
diff "$work/listed" "$work/exported" || { echo "< listed, > exported"; exit 1; }
cut -d' ' -f1 "$work/exported" | diff "$work/declared" - || { echo "< declared, > exported"; exit 1; }
echo "$(wc -l <"$work/exported") functions, and nothing else"
