#pragma once

#include <string>
#include <string_view>

namespace bitnet {

/// A text in Unicode's normal form C, but for what is no UTF-8, which stays. Throws UnsupportedText for the characters
/// that the form replaces and that compose to nothing: compatibility ideographs and some signs, about a thousand.
std::string composed(std::string_view text);

}  // namespace bitnet
