#include "tensor_reader.hpp"

#include "../compute/kernels.hpp"

namespace bitnet {
namespace {

template <class Tensor>
Tensor checked(Tensor tensor, const std::string& file, ternion::Shape expected) {
    const ternion::Shape found{tensor.rows, tensor.cols};
    if (found == expected) return tensor;
    throw FileError(file, to_string(expected) + " numbers in tensor " + in_quotes(tensor.name), to_string(found));
}

}  // namespace

DenseTensor TensorReader::dense(const std::string& name, std::size_t rows, std::size_t cols) const {
    return checked(source_.dense(name), source_.name(), {rows, cols});
}

TernaryTensor TensorReader::ternary(const std::string& name, std::size_t rows, std::size_t cols) const {
    return checked(source_.ternary(name), source_.name(), {rows, cols});
}

ternion::RmsNorm TensorReader::norm(const std::string& name, std::size_t size, float eps) const {
    const DenseTensor tensor = dense(name, 1, size);
    std::vector<float> weight(size);
    tensor.read(0, weight);
    return {weight, eps};
}

PackedMatrix TensorReader::matrix(const std::string& name, std::size_t rows, std::size_t cols,
                                  const Kernels& kernels) const {
    if (kernels.trits5) return packed<ternion::Trits5x16>(name, rows, cols);
    return packed<ternion::Interleaved2x16>(name, rows, cols);
}

}  // namespace bitnet
