#include "config_keys.hpp"

#include <program/io/file_error.hpp>

namespace bitnet {

using namespace program;
namespace {

std::string printed(const Json& value) {
    return value.dump(-1, ' ', true, Json::error_handler_t::replace);
}

void add_all(const Json& object, const std::string& prefix, const std::set<std::string, std::less<>>& used,
             std::vector<Declaration>& to) {
    for (const auto& [key, value] : object.items()) {
        const std::string path = prefix + key;
        const bool nested = value.is_object() && !value.empty() && !used.contains(path);
        nested ? add_all(value, path + ".", used, to) : to.push_back({path, printed(value), used.contains(path)});
    }
}

}  // namespace

const Json* ConfigKeys::find(std::string_view key) const {
    const Json* at = &object_;
    for (std::size_t begin = 0; begin <= key.size();) {
        const std::size_t dot = std::min(key.find('.', begin), key.size());
        if (!at->is_object()) return nullptr;
        const auto found = at->find(key.substr(begin, dot - begin));
        if (found == at->end()) return nullptr;
        at = &*found;
        begin = dot + 1;
    }
    return at->is_null() ? nullptr : at;
}

const Json& ConfigKeys::get(std::string_view key, std::string_view expected) {
    used_.emplace(key);
    const Json* found = find(key);
    if (!found) throw FileError(file_, joined(in_quotes(key), " (", expected, ")"), "no such key");
    return *found;
}

void ConfigKeys::refuse(std::string_view key, std::string_view expected) const {
    const Json* found = find(key);
    throw FileError(file_, joined(expected, " in ", in_quotes(key)), found ? printed(*found).substr(0, 60) : "null");
}

std::size_t ConfigKeys::integer(std::string_view key) {
    constexpr const char* expected = "an integer of at least 0";
    const Json& value = get(key, expected);
    if (!value.is_number_unsigned()) refuse(key, expected);
    return value.get<std::size_t>();
}

double ConfigKeys::real(std::string_view key) {
    constexpr const char* expected = "a number";
    const Json& value = get(key, expected);
    if (!value.is_number()) refuse(key, expected);
    return value.get<double>();
}

bool ConfigKeys::flag(std::string_view key, bool otherwise) {
    if (!has(key)) return otherwise;
    const Json& value = get(key, "true or false");
    if (!value.is_boolean()) refuse(key, "true or false");
    return value.get<bool>();
}

std::string ConfigKeys::text(std::string_view key) {
    const Json& value = get(key, "text");
    if (!value.is_string()) refuse(key, "text");
    return value.get<std::string>();
}

std::vector<std::string> ConfigKeys::texts(std::string_view key) {
    const Json& value = get(key, "a list of texts");
    std::vector<std::string> texts;
    if (!value.is_array()) refuse(key, "a list of texts");
    for (const Json& text : value) {
        if (!text.is_string()) refuse(key, "a list of texts");
        texts.push_back(text.get<std::string>());
    }
    return texts;
}

std::vector<Declaration> ConfigKeys::declarations() const {
    std::vector<Declaration> all;
    add_all(object_, "", used_, all);
    return all;
}

}  // namespace bitnet
