#include "declarations.hpp"

#include <algorithm>

#include <program/io/file_error.hpp>

namespace bitnet {

using namespace program;
namespace {

bool allows(const HarmlessKey& entry, const Declaration& found) {
    return entry.value.empty() || entry.value == found.value;
}

}  // namespace

bool matches(std::string_view pattern, std::string_view name, std::string_view architecture) {
    if (pattern.starts_with('*')) return name.ends_with(pattern.substr(1));
    if (pattern.starts_with('%')) {
        if (!name.starts_with(architecture)) return false;
        pattern.remove_prefix(1);
        name.remove_prefix(architecture.size());
    }
    if (!pattern.ends_with('*')) return pattern == name;
    pattern.remove_suffix(1);
    return name.starts_with(pattern);
}

bool is_harmless_tensor(std::string_view name) {
    const auto patterns = harmless_tensors();
    return std::any_of(patterns.begin(), patterns.end(), [&](auto pattern) { return matches(pattern, name); });
}

void check_declarations(std::span<const Declaration> declarations, std::span<const HarmlessKey> harmless,
                        std::string_view architecture, const std::string& file) {
    for (const Declaration& found : declarations) {
        if (found.used || found.value == "null") continue;
        // Of the entries of this key, the one with this value; else the first, so that "general.type" wins over
        // "general.*".
        const HarmlessKey* known = nullptr;
        for (const HarmlessKey& entry : harmless) {
            const bool same = matches(entry.key, found.key, architecture);
            if (same && (!known || (entry.key == known->key && allows(entry, found)))) known = &entry;
        }
        if (!known) {
            throw FileError(file,
                            joined("no key ", in_quotes(found.key),
                                   ", which this program doesn't know and which may change numbers"),
                            "the value " + found.value.substr(0, 60));
        }
        if (allows(*known, found)) continue;
        throw FileError(file, joined(in_quotes(found.key), " to be ", known->value, ": this program does nothing else"),
                        found.value.substr(0, 60));
    }
}

}  // namespace bitnet
