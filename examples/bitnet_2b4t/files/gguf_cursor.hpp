#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "file_error.hpp"
#include "gguf_format.hpp"
#include "little_endian.hpp"

namespace bitnet {

/// Reads a GGUF header front to back and never past the end of the file. `what` says what is being read, for the
/// message.
class GgufCursor {
 public:
    GgufCursor(std::span<const std::byte> bytes, const std::string& file) : bytes_(bytes), file_(file) {}

    std::size_t position() const { return at_; }
    std::size_t left() const { return bytes_.size() - at_; }

    std::span<const std::byte> take(std::uint64_t count, const char* what) {
        if (count > left()) {
            throw FileError(file_, std::to_string(count) + " bytes of " + what + " at offset " + std::to_string(at_),
                            std::to_string(left()) + " up to the end of the file");
        }
        const auto taken = bytes_.subspan(at_, static_cast<std::size_t>(count));
        at_ += taken.size();
        return taken;
    }

    template <class T>
    T number(const char* what) {
        return load<T>(take(sizeof(T), what).data());
    }

    std::string_view text(const char* what) {
        const auto taken = take(number<std::uint64_t>(what), what);
        return {reinterpret_cast<const char*>(taken.data()), taken.size()};
    }

    GgufType type(const char* what) {
        const auto number = this->number<std::uint32_t>(what);
        if (number >= gguf_type_count) {
            throw FileError(file_, std::string("a type of 0 to 12 in ") + what, std::to_string(number));
        }
        return static_cast<GgufType>(number);
    }

 private:
    std::span<const std::byte> bytes_;
    const std::string& file_;
    std::size_t at_ = 0;
};

}  // namespace bitnet
