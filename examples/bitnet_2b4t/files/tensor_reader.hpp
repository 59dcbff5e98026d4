#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <ternion/core/thread_pool.hpp>
#include <ternion/runtime/any_ternary.hpp>
#include <vector>

#include "model_source.hpp"

namespace bitnet {

/// Reads the tensors of a source in the form that the decoder computes with. Throws FileError, which names the file and
/// the tensor, where one is missing, has other sizes than asked for, or holds what is no trit.
class TensorReader {
 public:
    TensorReader(const ModelSource& source, ternion::ThreadPool& threads) : source_(source), threads_(threads) {}

    /// Left in the source, which must outlive it.
    DenseTensor dense(const std::string& name, std::size_t rows, std::size_t cols) const;
    /// The same; all its codes are trits.
    TernaryTensor ternary(const std::string& name, std::size_t rows, std::size_t cols) const;
    /// A norm's weights.
    std::vector<float> norm(const std::string& name, std::size_t size) const;
    /// What RoPE's frequencies are divided by, each above 0.
    std::vector<float> rope_divisors(std::size_t size) const;
    /// Repacked on all threads, into memory that has just the room for it.
    ternion::AnyTernary matrix(const std::string& name, std::size_t rows, std::size_t cols,
                               const ternion::PackingKernels& to, std::span<std::byte> into) const {
        return ternion::repack_as(to, ternary(name, rows, cols).matrix, into, threads_);
    }
    /// The same of some rows alone, of which there may be none: no others are read.
    ternion::AnyTernary matrix(const std::string& name, ternion::Shape shape, ternion::RowRange rows,
                               const ternion::PackingKernels& to, std::span<std::byte> into) const;

 private:
    const ModelSource& source_;
    ternion::ThreadPool& threads_;
};

}  // namespace bitnet
