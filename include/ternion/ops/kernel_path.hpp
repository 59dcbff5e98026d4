#pragma once

#include <cstddef>
#include <string_view>

namespace ternion {

/// How a packing is multiplied with a backend. Detection of optional members fails silently, so tests assert the path
/// and benchmarks print it.
enum class KernelPath { unpack, unpack_simd, in_place, panel, lookup, mask, by_input };

/// The path's name, as above.
constexpr std::string_view to_string(KernelPath path) noexcept {
    constexpr std::string_view names[] = {"unpack", "unpack_simd", "in_place", "panel", "lookup", "mask", "by_input"};
    return names[static_cast<std::size_t>(path)];
}

}  // namespace ternion
