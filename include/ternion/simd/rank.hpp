#pragma once

#include "../core/config.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// How an arch finds its backend: each backend's file declares `select_backend(Rank<r>, Arch)` for the archs that it
/// serves, and the highest rank wins: 0 generic, 1 to 8 the files in isa/, 9 scalar.
template <int R>
struct Rank : Rank<R - 1> {};
template <>
struct Rank<0> {};

}  // namespace TERNION_ABI
}  // namespace ternion
