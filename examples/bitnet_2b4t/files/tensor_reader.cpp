#include "tensor_reader.hpp"

#include <stdexcept>
#include <vector>

#include "../compute/kernels.hpp"

namespace bitnet {

namespace {

std::string shape_of(std::size_t rows, std::size_t cols) {
    return std::to_string(rows) + " x " + std::to_string(cols);
}

template <class Tensor>
void check_shape(const ModelSource& source, const Tensor& tensor, std::size_t rows, std::size_t cols) {
    if (tensor.rows == rows && tensor.cols == cols) return;
    throw FileError(source.name(), shape_of(rows, cols) + " numbers in tensor " + in_quotes(tensor.name),
                    shape_of(tensor.rows, tensor.cols));
}

}  // namespace

DenseTensor TensorReader::dense(const std::string& name, std::size_t rows, std::size_t cols) const {
    DenseTensor tensor = source_.dense(name);
    check_shape(source_, tensor, rows, cols);
    return tensor;
}

ternion::RmsNorm TensorReader::norm(const std::string& name, std::size_t size, float eps) const {
    const DenseTensor tensor = dense(name, 1, size);
    std::vector<float> weight(size);
    tensor.read(0, weight);
    return {weight, eps};
}

PackedMatrix TensorReader::matrix(const std::string& name, std::size_t rows, std::size_t cols) const {
    const TernaryTensor tensor = source_.ternary(name);
    check_shape(source_, tensor, rows, cols);
    try {
        if (kernels().trits5) return pack<ternion::Trits5x16>(tensor);
        return pack<ternion::Interleaved2x16>(tensor);
    } catch (const std::invalid_argument& e) {
        throw FileError(source_.name(), "tensor " + in_quotes(name) + ": " + e.what());
    }
}

/// From a format that isn't I2_S by way of the trits of this one matrix.
template <class Packing>
ternion::PackedTernary<Packing> TensorReader::pack(const TernaryTensor& tensor) const {
    const auto& [name, format, rows, cols, scale, i2s, read] = tensor;
    if (!i2s.empty()) {
        return ternion::repack<Packing>(ternion::borrow<ternion::I2S>(i2s, rows, cols, scale), threads_);
    }
    std::vector<std::int8_t> trits(rows * cols);
    in_chunks(threads_, rows, 64, [&](std::size_t begin, std::size_t end) {
        tensor.read(begin, end - begin, std::span(trits).subspan(begin * tensor.cols, (end - begin) * tensor.cols));
    });
    return ternion::pack<Packing>(trits, rows, cols, scale, threads_);
}

}  // namespace bitnet
