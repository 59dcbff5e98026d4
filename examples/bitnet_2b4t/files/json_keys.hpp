#pragma once

#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <program/io/json_file.hpp>
#include "declarations.hpp"

namespace bitnet {

/// The members of a JSON object, nested ones with dots between ("rope_scaling.factor"), each of which is used, known to
/// change nothing, or refused: what a file declares is never passed over in silence. It remembers which have been asked
/// for. A null counts as no value. Every refusal is a FileError with key and value.
class JsonKeys {
 public:
    /// `name` stands in front of keys in messages; empty at the top of a file. `object` must outlive this.
    JsonKeys(const program::Json& object, std::string name, const std::string& file);

    const std::string& file() const { return *file_; }

    /// Whether it has a value; asking for this alone doesn't use it.
    bool has(std::string_view key) const { return look_up(key) != nullptr; }
    /// Null where there is none.
    const program::Json* find(std::string_view key);
    const program::Json& at(std::string_view key, std::string_view expected = {});
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
    /// For what can only be so here; absent is as good.
    void expect(std::string_view key, const program::Json& value);
    /// Whatever they say has no effect.
    void ignore(std::initializer_list<std::string_view> keys);

    /// Refuses what was neither asked for nor ignored.
    void finish() const;
    /// All values that aren't objects, and empty objects: for a list of those without effect.
    std::vector<Declaration> declarations() const;

    [[noreturn]] void refuse(std::string_view key, std::string_view expected) const;

 private:
    const program::Json* look_up(std::string_view key) const;
    /// The key as messages have it.
    std::string path(std::string_view key) const;

    const program::Json* object_;
    std::string name_;
    const std::string* file_;
    std::set<std::string, std::less<>> used_;
};

}  // namespace bitnet
