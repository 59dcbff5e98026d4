#pragma once

#include <cstddef>
#include <random>
#include <string>
#include <string_view>

namespace bitnet_tests {

/// A text with so many things wrong: a byte that is one of `bytes`, a few that are missing or stand twice, or an end
/// that comes too soon.
inline std::string damaged(std::string text, std::size_t changes, std::string_view bytes, std::mt19937& random) {
    for (; changes > 0 && !text.empty(); --changes) {
        const std::size_t at = random() % text.size(), length = 1 + random() % 8;
        switch (random() % 4) {
            case 0:
                text[at] = bytes[random() % bytes.size()];
                break;
            case 1:
                text.erase(at, length);
                break;
            case 2:
                text.insert(at, text.substr(random() % text.size(), length * 4));
                break;
            default:
                text.resize(at + 1);
                break;
        }
    }
    return text;
}

}  // namespace bitnet_tests
