#pragma once

#include <ternion/ternion.hpp>

namespace bench {

/// What runs the benchmarks' parallel work: OpenMP, or the calling thread alone where the compiler has none. No
/// ternion::ThreadPool: the rivals in the same process, oneDNN and OpenBLAS, run on OpenMP's threads, and a second
/// pool's, which stay awake between loops, would take their processors.
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
