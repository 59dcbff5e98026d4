#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <ternion/ternion.hpp>
#include <vector>

#include <ternion/core/thread_pool.hpp>
#include "../compute/matrix.hpp"
#include "model_source.hpp"

namespace bitnet {

struct Kernels;

/// Reads the tensors of a source in the form that the decoder computes with. Throws FileError, which names the file and
/// the tensor, where one is missing, has other sizes than asked for, or holds what is no trit.
class TensorReader {
 public:
    TensorReader(const ModelSource& source, ternion::ThreadPool& threads) : source_(source), threads_(threads) {}

    /// Left in the source, which must outlive it.
    DenseTensor dense(const std::string& name, std::size_t rows, std::size_t cols) const;
    TernaryTensor ternary(const std::string& name, std::size_t rows, std::size_t cols) const;
    ternion::RmsNorm norm(const std::string& name, std::size_t size, float eps) const;
    /// Repacked, on all threads; in the packing that these kernels multiply.
    PackedMatrix matrix(const std::string& name, std::size_t rows, std::size_t cols, const Kernels& kernels) const;
    /// In a given one. From a format that isn't I2_S by way of the trits of this one matrix.
    template <class Packing>
    ternion::PackedTernary<Packing> packed(const std::string& name, std::size_t rows, std::size_t cols) const;

 private:
    const ModelSource& source_;
    ternion::ThreadPool& threads_;
};

template <class Packing>
ternion::PackedTernary<Packing> TensorReader::packed(const std::string& name, std::size_t rows,
                                                     std::size_t cols) const {
    const TernaryTensor tensor = ternary(name, rows, cols);
    try {
        if (!tensor.i2s.empty()) {
            const auto view = ternion::borrow<ternion::I2S>(tensor.i2s, rows, cols, tensor.scale);
            return ternion::repack<Packing>(view, threads_);
        }
        std::vector<std::int8_t> trits(rows * cols);
        ternion::in_chunks(threads_, rows, 64, [&](std::size_t begin, std::size_t end) {
            tensor.read(begin, end - begin, std::span(trits).subspan(begin * cols, (end - begin) * cols));
        });
        return ternion::pack<Packing>(trits, rows, cols, tensor.scale, threads_);
    } catch (const std::invalid_argument& e) {
        throw FileError(source_.name(), "tensor " + in_quotes(name) + ": " + e.what());
    }
}

}  // namespace bitnet
