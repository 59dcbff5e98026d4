#include "little_endian.hpp"
#include "ternary_format.hpp"

// I2_S: code = trit + 1, flat and row-major, 128 weights in 32 bytes: byte p of a block holds weights p, p + 32, p + 64
// and p + 96 at shifts 6, 4, 2 and 0. After n/4 bytes comes a tail of 32, which begins with the scale, a float.
// Programs that write it drop what is left over of 128 weights: such a tensor lacks weights and is refused.

namespace bitnet {
namespace {

constexpr std::size_t block = 128;
constexpr std::size_t tail = 32;

std::size_t i2s_bytes(std::size_t rows, std::size_t cols) {
    const std::size_t weights = rows * cols;
    return weights % block == 0 ? weights / 4 + tail : 0;
}

TernaryTensor open_i2s(const StoredMatrix& matrix) {
    const auto codes = matrix.bytes.first(matrix.bytes.size() - tail);
    const auto scale = load<float>(codes.data() + codes.size());
    check_scale(matrix.file, matrix.name, scale);
    const auto read = [codes, cols = matrix.cols, file = matrix.file, name = matrix.name](
                          std::size_t row_begin, std::size_t row_count, std::span<std::int8_t> out) {
        std::size_t at = row_begin * cols;
        for (std::int8_t& trit : out.first(row_count * cols)) {
            const std::size_t lane = at % block;
            const unsigned byte = load<std::uint8_t>(codes.data() + at / block * (block / 4) + lane % 32);
            const unsigned code = byte >> (6 - 2 * (lane / 32)) & 3u;
            if (code == 3) throw FileError(file, "codes 0, 1 and 2 in tensor " + in_quotes(name), "code 3");
            trit = static_cast<std::int8_t>(static_cast<int>(code) - 1);
            ++at;
        }
    };
    return {matrix.name, "I2_S", matrix.rows, matrix.cols, scale, matrix.bytes, read};
}

}  // namespace

const TernaryFormat i2s_format{"I2_S", 36, i2s_bytes, open_i2s};

}  // namespace bitnet
