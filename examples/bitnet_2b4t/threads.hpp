#pragma once

#include <algorithm>
#include <cstddef>
#include <ternion/ternion.hpp>

namespace bitnet {

/// What runs the decoder's loops: OpenMP where the compiler has it, else one thread.
#if defined(_OPENMP)
using Threads = ternion::OpenMP;
#else
struct Threads : ternion::Serial {
    explicit Threads(int) {}
};
#endif

/// f(begin, end) over `count` independent items, in chunks whose size depends on nothing but `chunk`. A single chunk
/// runs at once, without waking anybody.
template <class F>
void in_chunks(const Threads& threads, std::size_t count, std::size_t chunk, F&& f) {
    if (count <= chunk) return f(std::size_t{0}, count);
    threads.parallel_for((count + chunk - 1) / chunk, [&](std::size_t index, std::size_t) {
        f(index * chunk, std::min(count, (index + 1) * chunk));
    });
}

}  // namespace bitnet
