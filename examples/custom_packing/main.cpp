// A packing from outside the library, used like any of its own.

#include <cstdint>
#include <iostream>
#include <ternion/ternion.hpp>
#include <vector>

#include "sparse_blocks.hpp"

namespace {

/// Mostly zero: one block of 256 weights in eight holds some others.
std::vector<std::int8_t> sparse_trits(std::size_t n, std::size_t k) {
    std::vector<std::int8_t> trits(n * k, 0);
    for (std::size_t i = 0; i < trits.size(); i += 17) {
        if (i / 256 % 8 == 3) trits[i] = i % 2 == 0 ? std::int8_t{1} : std::int8_t{-1};
    }
    return trits;
}

}  // namespace

int main() {
    using custom::SparseBlocks;
    static_assert(ternion::Packing<SparseBlocks>);
    static_assert(ternion::kernel_path<SparseBlocks> == ternion::KernelPath::unpack_simd);

    constexpr std::size_t n = 512, k = 4096;
    const auto trits = sparse_trits(n, k);
    const auto w = ternion::pack<SparseBlocks>(trits, n, k);

    std::vector<std::int8_t> q(k);
    for (std::size_t i = 0; i < k; ++i)
        q[i] = static_cast<std::int8_t>(i * 37 % 256);
    std::vector<std::int32_t> y(n), expected(n);
    ternion::gemv(w, q, y);
    ternion::reference_gemm(trits, n, k, q, 1, expected);

    std::size_t stored = 0;
    for (std::size_t row = 0; row < n; ++row) {
        for (std::size_t b = 0; b < k / SparseBlocks::block; ++b)
            stored += std::to_integer<std::size_t>(w.bytes()[row * SparseBlocks::row_bytes({n, k}) + b]);
    }
    const auto dense = ternion::repack<ternion::Interleaved2x16>(w);
    std::cout << "sparse_blocks: " << stored << " of " << n * k / SparseBlocks::block << " blocks stored; gemv is "
              << (y == expected ? "exact" : "wrong") << "; repacked to " << dense.bytes().size() << " bytes of "
              << ternion::Interleaved2x16::name << ", which is "
              << (ternion::same_matrix(w, dense) ? "the same matrix" : "another matrix") << '\n';
    return y == expected ? 0 : 1;
}
