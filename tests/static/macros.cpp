// A program may define function-like macros named min, max and round, as some systems' headers do: those of the library
// compile all the same. What they include from elsewhere comes first; it isn't theirs to protect.

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cassert>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <initializer_list>
#include <iosfwd>
#include <limits>
#include <memory>
#include <new>
#include <numeric>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <Eigen/Core>
#if !defined(TERNION_NO_SIMD)
#include <xsimd/xsimd.hpp>
#endif
#if defined(_OPENMP)
#include <omp.h>
#endif
#if defined(__linux__)
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#endif
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#define min(a, b) what is min of a and b
#define max(a, b) what is max of a and b
#define round(x) what is x rounded

#include <ternion/core/processors.hpp>
#include <ternion/core/thread_pool.hpp>
#include <ternion/nn/straight_through.hpp>
#include <ternion/ops/eigen.hpp>
#include <ternion/runtime/any_ternary.hpp>
#include <ternion/runtime/compile.hpp>
#include <ternion/runtime/tables.hpp>
#include <ternion/tensor/eigen.hpp>
#include <ternion/ternion.hpp>

namespace {

template <class Quantizer>
void multiply(std::span<const float> x, std::size_t m, std::span<float> y) {
    using Layer = ternion::BitLinear<ternion::PackedTernary<ternion::Interleaved2x16>, Quantizer>;
    const Layer layer(ternion::pack<ternion::Interleaved2x16>(x, 1, x.size() / m));
    typename Layer::Workspace workspace;
    layer.forward(x, m, y, workspace);
}

}  // namespace

// What is a template is compiled where it is used.
void multiply_beside_macros(std::span<const float> x, std::size_t m, std::span<float> y);
void multiply_beside_macros(std::span<const float> x, std::size_t m, std::span<float> y) {
    multiply<ternion::Absmax<8>>(x, m, y);
    multiply<ternion::PerTensor<ternion::AbsmeanInt4>>(x, m, y);
    multiply<ternion::Hadamard<ternion::Absmax<4>>>(x, m, y);
    multiply<ternion::SplitOutliers<5, 64>>(x, m, y);
    multiply<ternion::Sign>(x, m, y);
}
