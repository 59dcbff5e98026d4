#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

namespace program {

/// Texts and numbers, one after the other.
template <class... Parts>
std::string joined(const Parts&... parts) {
    const auto text = [](const auto& part) {
        if constexpr (std::is_arithmetic_v<std::decay_t<decltype(part)>>) {
            return std::to_string(part);
        } else {
            return std::string_view(part);
        }
    };
    std::string all;
    (all.append(text(parts)), ...);
    return all;
}

/// What is wrong with a file, in one line that names it. The second form says "FILE: expected X, found Y", where Y may
/// be a number. Text that came out of the file is shortened and escaped, so that a hostile one can neither break the
/// line nor the terminal.
class FileError : public std::runtime_error {
 public:
    FileError(std::string_view file, std::string_view problem);
    template <class Found>
    FileError(std::string_view file, std::string_view expected, const Found& found)
        : FileError(file, joined("expected ", expected, ", found ", found)) {}
};

/// Text from a file in quotes: control characters and broken UTF-8 as \xNN, cut after 60 bytes.
std::string in_quotes(std::string_view text);

}  // namespace program
