#include "json_keys.hpp"

#include <utility>

#include <program/io/file_error.hpp>

namespace bitnet {

using namespace program;

JsonKeys::JsonKeys(const Json& object, std::string name, const std::string& file)
    : object_(&object), name_(std::move(name)), file_(&file) {
    if (!object.is_object()) throw FileError(file, "an object in " + in_quotes(name_), in_quotes(object.dump()));
}

const Json* JsonKeys::find(std::string_view key) {
    known_.emplace(key);
    const auto found = object_->find(key);
    return found == object_->end() || found->is_null() ? nullptr : &*found;
}

const Json& JsonKeys::at(std::string_view key) {
    if (const Json* found = find(key)) return *found;
    throw FileError(*file_, path(key), "no such key");
}

bool JsonKeys::flag(std::string_view key, bool otherwise) {
    const Json* found = find(key);
    if (found != nullptr && !found->is_boolean()) refuse(key, "true or false");
    return found == nullptr ? otherwise : found->get<bool>();
}

std::string JsonKeys::text(std::string_view key) {
    if (!at(key).is_string()) refuse(key, "text");
    return at(key).get<std::string>();
}

void JsonKeys::expect(std::string_view key, const Json& value) {
    if (const Json* found = find(key); found != nullptr && *found != value) refuse(key, value.dump());
}

void JsonKeys::ignore(std::initializer_list<std::string_view> keys) {
    for (const std::string_view key : keys)
        known_.emplace(key);
}

void JsonKeys::finish() const {
    for (const auto& [key, value] : object_->items()) {
        if (!known_.contains(key) && !value.is_null()) refuse(key, "no key that this program doesn't know");
    }
}

namespace {

std::string shown(const Json& value) {
    return value.is_string() ? in_quotes(value.get<std::string>()) : in_quotes(value.dump());
}

}  // namespace

void JsonKeys::refuse(std::string_view key, std::string_view expected) const {
    const auto found = object_->find(key);
    const bool known = known_.contains(key);
    throw FileError(*file_, known ? joined(expected, " in ", path(key)) : std::string(expected),
                    (known ? "" : path(key) + ": ") + (found == object_->end() ? "nothing" : shown(*found)));
}

std::string JsonKeys::path(std::string_view key) const {
    return name_.empty() ? in_quotes(key) : in_quotes(name_) + "." + in_quotes(key);
}

}  // namespace bitnet
