#include "json_keys.hpp"

#include <algorithm>
#include <utility>

#include <program/io/file_error.hpp>

namespace bitnet {

using namespace program;
namespace {

std::string printed(const Json& value) {
    return value.dump(-1, ' ', true, Json::error_handler_t::replace);
}

/// A value in a message: as it stands in the file, and not longer than a line.
std::string shown(const Json* value) {
    if (value == nullptr) return "nothing";
    return value->is_string() ? in_quotes(value->get<std::string>()) : printed(*value).substr(0, 60);
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

JsonKeys::JsonKeys(const Json& object, std::string name, const std::string& file)
    : object_(&object), name_(std::move(name)), file_(&file) {
    if (!object.is_object()) throw FileError(file, "an object in " + in_quotes(name_), shown(&object));
}

const Json* JsonKeys::look_up(std::string_view key) const {
    const Json* at = object_;
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

const Json* JsonKeys::find(std::string_view key) {
    used_.emplace(key);
    return look_up(key);
}

const Json& JsonKeys::at(std::string_view key, std::string_view expected) {
    if (const Json* found = find(key)) return *found;
    throw FileError(*file_, expected.empty() ? path(key) : joined(path(key), " (", expected, ")"), "no such key");
}

std::size_t JsonKeys::integer(std::string_view key) {
    constexpr const char* expected = "an integer of at least 0";
    const Json& value = at(key, expected);
    if (!value.is_number_unsigned()) refuse(key, expected);
    return value.get<std::size_t>();
}

double JsonKeys::real(std::string_view key) {
    constexpr const char* expected = "a number";
    const Json& value = at(key, expected);
    if (!value.is_number()) refuse(key, expected);
    return value.get<double>();
}

bool JsonKeys::flag(std::string_view key, bool otherwise) {
    if (!has(key)) return otherwise;
    const Json& value = at(key);
    if (!value.is_boolean()) refuse(key, "true or false");
    return value.get<bool>();
}

std::string JsonKeys::text(std::string_view key) {
    const Json& value = at(key, "text");
    if (!value.is_string()) refuse(key, "text");
    return value.get<std::string>();
}

std::vector<std::string> JsonKeys::texts(std::string_view key) {
    constexpr const char* expected = "a list of texts";
    const Json& value = at(key, expected);
    std::vector<std::string> texts;
    if (!value.is_array()) refuse(key, expected);
    for (const Json& text : value) {
        if (!text.is_string()) refuse(key, expected);
        texts.push_back(text.get<std::string>());
    }
    return texts;
}

void JsonKeys::expect(std::string_view key, const Json& value) {
    if (const Json* found = find(key); found != nullptr && *found != value) refuse(key, printed(value));
}

void JsonKeys::ignore(std::initializer_list<std::string_view> keys) {
    for (const std::string_view key : keys)
        used_.emplace(key);
}

void JsonKeys::finish() const {
    for (const auto& [key, value] : object_->items()) {
        if (used_.contains(key) || value.is_null()) continue;
        throw FileError(*file_, "no key that this program doesn't know", joined(path(key), ": ", shown(&value)));
    }
}

std::vector<Declaration> JsonKeys::declarations() const {
    std::vector<Declaration> all;
    add_all(*object_, "", used_, all);
    return all;
}

void JsonKeys::refuse(std::string_view key, std::string_view expected) const {
    throw FileError(*file_, joined(expected, " in ", path(key)), shown(look_up(key)));
}

std::string JsonKeys::path(std::string_view key) const {
    return name_.empty() ? in_quotes(key) : in_quotes(name_) + "." + in_quotes(key);
}

}  // namespace bitnet
