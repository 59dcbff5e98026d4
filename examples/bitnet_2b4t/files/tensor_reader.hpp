#pragma once

#include <cstddef>
#include <string>
#include <ternion/ternion.hpp>

#include "../compute/matrix.hpp"
#include "../compute/threads.hpp"
#include "model_source.hpp"

namespace bitnet {

/// Reads the tensors of a source in the form that the decoder computes with. Throws FileError, which names the file and
/// the tensor, where one is missing, has other sizes than asked for, or holds what is no trit.
class TensorReader {
 public:
    TensorReader(const ModelSource& source, Threads& threads) : source_(source), threads_(threads) {}

    /// Left in the source, which must outlive it.
    DenseTensor dense(const std::string& name, std::size_t rows, std::size_t cols) const;
    ternion::RmsNorm norm(const std::string& name, std::size_t size, float eps) const;
    /// Repacked, on all threads.
    PackedMatrix matrix(const std::string& name, std::size_t rows, std::size_t cols) const;

 private:
    template <class Packing>
    ternion::PackedTernary<Packing> pack(const TernaryTensor& tensor) const;

    const ModelSource& source_;
    Threads& threads_;
};

}  // namespace bitnet
