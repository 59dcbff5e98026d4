#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <ternion/ternion.hpp>
#include <utility>
#include <variant>
#include <vector>

namespace bitnet {

/// A ternary matrix W [outputs, inputs] in the packing that the kernels in use multiply, in memory of a MatrixStore.
struct Matrix {
    ternion::Shape shape;
    std::span<const std::byte> bytes;
    float scale;
};

/// 1.6 bits a weight where the machine decodes them in registers, else 2: one token at a time is bound by memory.
using PackedMatrix =
    std::variant<ternion::PackedTernary<ternion::Trits5x16>, ternion::PackedTernary<ternion::Interleaved2x16>>;

/// Copies of some matrices in one piece of memory, nearly all of it on huge pages: one by one, most of a layer's
/// matrices are smaller than a huge page or end far from its end. Moving a store leaves its matrices where they are.
class MatrixStore {
 public:
    explicit MatrixStore(std::span<const PackedMatrix> packed) {
        std::size_t size = 0;
        for (const PackedMatrix& matrix : packed) {
            std::visit([&](const auto& w) { matrices_.push_back({w.shape(), w.bytes(), w.scale()}); }, matrix);
            size += matrices_.back().bytes.size();
        }
        bytes_.resize(size);
        std::byte* to = bytes_.data();
        for (Matrix& matrix : matrices_)
            matrix.bytes = {std::exchange(to, std::copy(matrix.bytes.begin(), matrix.bytes.end(), to)),
                            matrix.bytes.size()};
    }
    MatrixStore(MatrixStore&&) = default;
    MatrixStore& operator=(MatrixStore&&) = default;

    const Matrix& operator[](std::size_t i) const { return matrices_[i]; }

 private:
    ternion::AlignedBuffer<std::byte> bytes_;
    std::vector<Matrix> matrices_;
};

}  // namespace bitnet
