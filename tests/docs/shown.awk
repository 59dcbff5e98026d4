# Fails where a page shows code that no source has: awk -f shown.awk PAGES SOURCES. A block of C++ or C must stand in a
# source as it is, but for indentation and empty lines; whatever is in a source is compiled by some test. (Those of Python are run.)
function plain(line) {
    gsub(/^[ \t]+|[ \t]+$/, "", line)
    return line == "" ? "" : line "\n"
}
FNR == 1 {
    inside = 0
    page = FILENAME ~ /\.md$/
    if (!page) text[FILENAME] = "\n"
}
!page {
    text[FILENAME] = text[FILENAME] plain($0)
    next
}
!inside && /^ *```(cpp|c)$/ {
    inside = 1
    shown[++blocks] = "\n"
    place[blocks] = FILENAME ":" FNR
    next
}
/^ *```$/ { inside = 0 }
inside { shown[blocks] = shown[blocks] plain($0) }
END {
    for (i = 1; i <= blocks; ++i) {
        found = 0
        for (name in text)
            if (index(text[name], shown[i])) found = 1
        if (found) continue
        print place[i] ": expected code that a test compiles or runs, found this in no source:" shown[i]
        missing = 1
    }
    if (blocks < 5) {
        print "expected pages with code, found " blocks + 0 " blocks"
        missing = 1
    }
    if (!missing) print blocks " blocks of code, each in a source"
    exit missing
}
