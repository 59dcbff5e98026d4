#include <algorithm>
#include <array>
#include <ternion/packing/q2_0.hpp>
#include <ternion/packing/tq1_0.hpp>
#include <ternion/packing/tq2_0.hpp>

#include "ternary_format.hpp"

// TQ1_0, TQ2_0 and Q2_0: rows of whole blocks, each with an F16 scale. In a ternary model all blocks of a tensor share
// one scale, but for those without a weight that isn't zero, whose scale may be 0. The library has the layouts.

namespace bitnet {
namespace {

template <class Packing>
std::size_t bytes_of(std::size_t rows, std::size_t cols) {
    return cols % Packing::block_inputs == 0 ? Packing::bytes({rows, cols}) : 0;
}

template <class Packing>
float scale_of(const std::byte* block) {
    return Packing::scale_at({1, Packing::block_inputs}, block, 0, 0);
}

/// The one scale that all blocks have but those whose scale is 0.
template <class Packing>
float shared_scale(const StoredMatrix& matrix) {
    float scale = 0;
    for (std::size_t at = 0; at < matrix.bytes.size(); at += Packing::block_bytes) {
        const float found = scale_of<Packing>(matrix.bytes.data() + at);
        if (found == 0 || found == scale) continue;
        if (scale != 0) {
            throw FileError(matrix.file, "one scale for all blocks of tensor " + in_quotes(matrix.name),
                            std::to_string(scale) + " and " + std::to_string(found));
        }
        check_scale(matrix.file, matrix.name, scale = found);
    }
    return scale != 0 ? scale : 1;
}

std::string upper(std::string_view name) {
    std::string text(name);
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c; });
    return text;
}

template <class Packing>
TernaryTensor open_blocks(const StoredMatrix& matrix) {
    const auto read = [bytes = matrix.bytes, cols = matrix.cols, file = matrix.file, name = matrix.name](
                          std::size_t row_begin, std::size_t row_count, std::span<std::int8_t> out) {
        constexpr std::size_t inputs = Packing::block_inputs;
        const std::byte* block = bytes.data() + row_begin * (cols / inputs) * Packing::block_bytes;
        std::array<std::uint8_t, inputs> codes;
        for (std::size_t at = 0; at < row_count * cols; at += inputs, block += Packing::block_bytes) {
            if (!Packing::valid_block(block)) throw FileError(file, "trits in tensor " + in_quotes(name), "code 3");
            Packing::decode(block, codes.data());
            if (scale_of<Packing>(block) == 0) codes.fill(1);
            std::transform(codes.begin(), codes.end(), out.begin() + static_cast<std::ptrdiff_t>(at),
                           [](std::uint8_t code) { return static_cast<std::int8_t>(code - 1); });
        }
    };
    return {matrix.name, upper(Packing::name), matrix.rows, matrix.cols, shared_scale<Packing>(matrix), {}, read};
}

}  // namespace

const TernaryFormat tq1_0_format{"TQ1_0", 34, bytes_of<ternion::TQ1_0>, open_blocks<ternion::TQ1_0>};
const TernaryFormat tq2_0_format{"TQ2_0", 35, bytes_of<ternion::TQ2_0>, open_blocks<ternion::TQ2_0>};
const TernaryFormat q2_0_format{"Q2_0", 42, bytes_of<ternion::Q2_0>, open_blocks<ternion::Q2_0>};

}  // namespace bitnet
