# Turns apt's package sources (one-line *.list and deb822 *.sources files) for the installed release into sources for
# other suites of the same archive: awk -v codename=C -v suites="S1 S2" -v list=OUT.list -v sources=OUT.sources

function is_release(name) { return name == codename || name ~ /^((old)*stable|testing|unstable|sid)\/?$/ }

function write_line(    i, n, at, suite, options, components) {
    at = 2
    if ($2 ~ /^\[/) {
        while (at < NF && $at !~ /\]$/) ++at
        ++at
    }
    if ($1 != "deb" || !is_release($(at + 1))) return
    for (i = 2; i < at; ++i) options = options " " $i
    for (i = at + 2; i <= NF && $i !~ /^#/; ++i) components = components " " $i
    n = split(suites, suite, " ")
    for (i = 1; i <= n; ++i) print "deb" options " " $at " " suite[i] components > list
}

function read_field(    i) {
    if ($0 ~ /^[A-Za-z-]+:/) field = tolower($1)
    for (i = 1; i <= NF; ++i) {
        if (field == "suites:" && is_release($i)) matches = 1
        if (field == "types:" && $i == "deb") binary = 1
        if (field == "enabled:" && tolower($i) == "no") disabled = 1
    }
    if (field != "suites:" && field != "types:") text = text $0 "\n"
}

function end_stanza() {
    if (matches && binary && !disabled) printf "Types: deb\nSuites: %s\n%s\n", suites, text > sources
    matches = binary = disabled = 0
    text = field = ""
}

FNR == 1 { end_stanza() }
/^#/ { next }
FILENAME ~ /\.list$/ { if (NF) write_line(); next }
NF == 0 { end_stanza(); next }
{ read_field() }
END { end_stanza() }
