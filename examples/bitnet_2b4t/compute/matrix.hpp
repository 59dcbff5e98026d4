#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <ternion/ternion.hpp>
#include <type_traits>
#include <vector>

namespace bitnet {

/// 1.6 bits a weight where the machine decodes them in registers, else 2: one token at a time is bound by memory.
using Packing = std::conditional_t<ternion::kernel_path<ternion::Trits5x16> == ternion::KernelPath::panel,
                                   ternion::Trits5x16, ternion::Interleaved2x16>;
using PackedMatrix = ternion::PackedTernary<Packing>;

/// A ternary matrix W [outputs, inputs], packed for computing, in memory of a MatrixStore.
using Matrix = ternion::TernaryView<Packing>;

/// Copies of some matrices in one piece of memory, nearly all of it on huge pages: one by one, most of a layer's
/// matrices are smaller than a huge page or end far from its end. Moving a store leaves its matrices where they are.
class MatrixStore {
 public:
    explicit MatrixStore(std::span<const PackedMatrix> matrices) {
        std::size_t size = 0;
        for (const PackedMatrix& matrix : matrices)
            size += matrix.bytes().size();
        bytes_.resize(size);
        std::byte* to = bytes_.data();
        for (const PackedMatrix& matrix : matrices) {
            matrices_.emplace_back(matrix.shape(), to, matrix.scale());
            to = std::ranges::copy(matrix.bytes(), to).out;
        }
    }
    MatrixStore(MatrixStore&&) = default;
    MatrixStore& operator=(MatrixStore&&) = default;

    const Matrix& operator[](std::size_t i) const { return matrices_[i]; }

 private:
    ternion::AlignedBuffer<std::byte> bytes_;
    std::vector<Matrix> matrices_;
};

}  // namespace bitnet
