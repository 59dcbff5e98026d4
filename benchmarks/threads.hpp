#pragma once

#include <ternion/ternion.hpp>

namespace bench {

/// What runs the benchmarks' parallel work: OpenMP, or the calling thread alone where the compiler has none.
#if defined(_OPENMP)
using Threads = ternion::OpenMP;
inline constexpr bool threads_available = true;
#else
struct Threads : ternion::Serial {
    explicit Threads(int) {}
};
inline constexpr bool threads_available = false;
#endif

}  // namespace bench
