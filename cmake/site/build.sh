#!/bin/sh
# The documentation as a site: cmake/site/build.sh [FOLDER], build/site unless it is given. Needs mkdocs with the theme
# material, and doxygen (Debian: mkdocs-material, doxygen). A warning of either is an error: a link that leads nowhere, say.
#
# Pages are staged with the places that they have in the repository, so that links between them, and to files, hold.
set -eu
cd "$(dirname "$0")/../.."
site=${1:-build/site}
case $site in /*) ;; *) site=$PWD/$site ;; esac
for program in mkdocs doxygen; do
    command -v "$program" >/dev/null || {
        echo "cmake/site/build.sh: $program was not found (Debian: mkdocs-material, doxygen)" >&2
        exit 1
    }
done

work=$site.work
rm -rf "$site" "$work"
mkdir -p "$work/pages"
# Pages, and whatever a page links to.
git ls-files README.md LICENSE docs 'examples/*/README.md' | while read -r page; do
    {
        echo "$page"
        grep -o '](\([^)#:]*\)' "$page" | sed 's/^](//; /^$/d' | while read -r link; do
            realpath -m --relative-to=. "$(dirname "$page")/$link"
        done
    } | sort -u
done | sort -u | while read -r file; do
    [ ! -f "$file" ] || install -D -m 644 "$file" "$work/pages/$file"
done

{
    cat cmake/site/Doxyfile
    echo "OUTPUT_DIRECTORY = $work"
    echo "HTML_OUTPUT = pages/api"
    echo "PROJECT_NUMBER = $(sed -n 's/.*define TERNION_VERSION_[A-Z]* \([0-9]*\)$/\1/p' include/ternion/core/version.hpp | paste -sd.)"
} | doxygen -
{
    cat cmake/site/mkdocs.yml
    echo "docs_dir: $work/pages"
    echo "site_dir: $site"
} >"$work/mkdocs.yml"
mkdocs build --quiet --strict --config-file "$work/mkdocs.yml"
rm -rf "$work"
echo "$site/index.html"
