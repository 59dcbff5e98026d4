#pragma once

#include <array>
#include <string>

#include "random.hpp"

namespace train {

/// 0 to 999; numbers of few digits come as often as others, or there would be hardly any.
inline int small_number(Random& random) {
    constexpr std::array ends = {10, 100, 1000, 1000};
    return random.below(random.among(ends));
}

inline std::string text(int number) {
    return std::to_string(number);
}

/// `first + second` and the like: what is asked for, in whatever words.
inline std::string key_of(const char* what, int first, int second) {
    return std::string(what) + " " + text(first) + " " + text(second);
}

}  // namespace train
