#include "tensor_reader.hpp"

namespace bitnet {

using namespace program;
namespace {

void check(ternion::Shape found, ternion::Shape expected, const std::string& tensor, const std::string& file) {
    if (found == expected) return;
    throw FileError(file, to_string(expected) + " numbers in tensor " + in_quotes(tensor), to_string(found));
}

}  // namespace

DenseTensor TensorReader::dense(const std::string& name, std::size_t rows, std::size_t cols) const {
    DenseTensor tensor = source_.dense(name);
    check({tensor.rows, tensor.cols}, {rows, cols}, tensor.name, source_.name());
    return tensor;
}

TernaryTensor TensorReader::ternary(const std::string& name, std::size_t rows, std::size_t cols) const {
    TernaryTensor tensor = source_.ternary(name);
    check(tensor.matrix.shape, {rows, cols}, tensor.name, source_.name());
    tensor.check_codes();
    return tensor;
}

std::vector<float> TensorReader::norm(const std::string& name, std::size_t size) const {
    std::vector<float> weight(size);
    dense(name, 1, size).read(0, weight);
    return weight;
}

}  // namespace bitnet
