#pragma once

#include <bit>
#include <type_traits>
#include <version>

namespace ternion {

#if defined(__cpp_lib_bit_cast)
using std::bit_cast;
#else
/// std::bit_cast for standard libraries that lack it, such as that of Emscripten 3.1; the compilers do have it.
template <class To, class From>
constexpr To bit_cast(const From& from) noexcept {
    static_assert(sizeof(To) == sizeof(From) && std::is_trivially_copyable_v<To> && std::is_trivially_copyable_v<From>);
    return __builtin_bit_cast(To, from);
}
#endif

}  // namespace ternion
