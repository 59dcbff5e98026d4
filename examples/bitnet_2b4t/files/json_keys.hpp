#pragma once

#include <initializer_list>
#include <set>
#include <string>
#include <string_view>

#include <program/io/json_file.hpp>

namespace bitnet {

/// The members of a JSON object, each of which is used, known to change nothing, or refused: what a file declares is
/// never passed over in silence. A member that is null counts as none. Every refusal is a FileError with key and value.
class JsonKeys {
 public:
    /// `name` stands in front of keys in messages; empty at the top of a file. `object` must outlive this.
    JsonKeys(const program::Json& object, std::string name, const std::string& file);

    /// Null where there is none.
    const program::Json* find(std::string_view key);
    const program::Json& at(std::string_view key);
    bool flag(std::string_view key, bool otherwise);
    std::string text(std::string_view key);
    /// For what can only be so here; absent is as good.
    void expect(std::string_view key, const program::Json& value);
    void ignore(std::initializer_list<std::string_view> keys);
    /// Refuses what was neither asked for nor ignored.
    void finish() const;

    [[noreturn]] void refuse(std::string_view key, std::string_view expected) const;
    /// The key as messages have it.
    std::string path(std::string_view key) const;
    const std::string& file() const { return *file_; }

 private:
    const program::Json* object_;
    std::string name_;
    const std::string* file_;
    std::set<std::string, std::less<>> known_;
};

}  // namespace bitnet
