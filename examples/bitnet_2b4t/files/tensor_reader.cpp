#include "tensor_reader.hpp"

#include <cmath>

namespace bitnet {

using namespace program;
DenseTensor TensorReader::dense(const std::string& name, std::size_t rows, std::size_t cols) const {
    DenseTensor tensor = source_.dense(name);
    check_shape({tensor.rows, tensor.cols}, {rows, cols}, tensor.name, source_.name());
    return tensor;
}

TernaryTensor TensorReader::ternary(const std::string& name, std::size_t rows, std::size_t cols) const {
    TernaryTensor tensor = source_.ternary(name);
    check_shape(tensor.matrix.shape, {rows, cols}, tensor.name, source_.name());
    tensor.check_codes();
    return tensor;
}

ternion::AnyTernary TensorReader::matrix(const std::string& name, ternion::Shape shape, ternion::RowRange rows,
                                         const ternion::PackingKernels& to, std::span<std::byte> into) const {
    if (rows.end - rows.begin == shape.n) return matrix(name, shape.n, shape.k, to, into);
    const TernaryTensor tensor = source_.ternary(name);
    check_shape(tensor.matrix.shape, shape, tensor.name, source_.name());
    if (rows.begin == rows.end) {
        static constexpr float none = 0;  // the first of no scales: their kind is the whole matrix's
        const float* const scales = tensor.matrix.has_one_scale() ? nullptr : &none;
        return {to, {&to.packing, {0, shape.k}, into.data(), tensor.matrix.scale, scales, tensor.matrix.group_inputs}};
    }
    return ternion::repack_as(to, some_rows(tensor, rows.begin, rows.end, threads_).matrix, into, threads_);
}

std::vector<float> TensorReader::norm(const std::string& name, std::size_t size) const {
    std::vector<float> weight(size);
    dense(name, 1, size).read(0, weight);
    return weight;
}

std::vector<float> TensorReader::rope_divisors(std::size_t size) const {
    std::vector<float> divisors = norm("rope_freqs.weight", size);
    for (const float divisor : divisors) {
        if (std::isfinite(divisor) && divisor > 0) continue;
        throw FileError(source_.name(), "finite numbers above 0 in tensor \"rope_freqs.weight\"", divisor);
    }
    return divisors;
}

}  // namespace bitnet
