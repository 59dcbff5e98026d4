#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <program/io/json_file.hpp>
#include "declarations.hpp"

namespace bitnet {

/// The keys of a JSON object, nested ones with dots between ("rope_scaling.factor"). It remembers which have been asked
/// for, so that a reader can account for all of them. A null counts as no value. The getters throw FileError, which
/// names the key, the expected and the found type.
class ConfigKeys {
 public:
    ConfigKeys(program::Json object, std::string file) : object_(std::move(object)), file_(std::move(file)) {}

    const std::string& file() const { return file_; }

    /// Whether it has a value; asking for this alone doesn't use it.
    bool has(std::string_view key) const { return find(key) != nullptr; }
    std::size_t integer(std::string_view key);
    std::size_t integer(std::string_view key, std::size_t otherwise) { return has(key) ? integer(key) : otherwise; }
    double real(std::string_view key);
    double real(std::string_view key, double otherwise) { return has(key) ? real(key) : otherwise; }
    bool flag(std::string_view key, bool otherwise);
    std::string text(std::string_view key);
    std::string text(std::string_view key, std::string_view otherwise) {
        return has(key) ? text(key) : std::string(otherwise);
    }
    std::vector<std::string> texts(std::string_view key);
    /// What comes of it is nobody's concern.
    void use(std::string_view key) { used_.emplace(key); }

    /// All values that aren't objects, and empty objects.
    std::vector<Declaration> declarations() const;

    [[noreturn]] void refuse(std::string_view key, std::string_view expected) const;

 private:
    /// Null where there is none.
    const program::Json* find(std::string_view key) const;
    const program::Json& get(std::string_view key, std::string_view expected);

    program::Json object_;
    std::string file_;
    std::set<std::string, std::less<>> used_;
};

}  // namespace bitnet
