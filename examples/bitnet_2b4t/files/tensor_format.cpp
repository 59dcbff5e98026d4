#include "tensor_format.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <ternion/core/float16.hpp>
#include <ternion/packing/hugging_face.hpp>
#include <ternion/packing/i2s.hpp>
#include <ternion/packing/int8.hpp>
#include <ternion/packing/packing.hpp>
#include <ternion/packing/q2_0.hpp>
#include <ternion/packing/tq1_0.hpp>
#include <ternion/packing/tq2_0.hpp>
#include <ternion/quant/absmean.hpp>
#include <utility>
#include <vector>

#include <program/io/file_error.hpp>

namespace bitnet {

using namespace program;
namespace {

template <class Number>
void decode_plain(const std::byte* from, std::size_t count, float* to) {
    for (std::size_t i = 0; i < count; ++i)
        to[i] = static_cast<float>(load<Number>(from + i * sizeof(Number)));
}

template <class Number>
void encode_plain(std::span<const float> from, std::byte* to) {
    for (std::size_t i = 0; i < from.size(); ++i) {
        const Number number(from[i]);
        std::memcpy(to + i * sizeof number, &number, sizeof number);
    }
}

/// 34 bytes: an F16 scale, 32 int8.
void decode_q8_0(const std::byte* from, std::size_t blocks, float* to) {
    for (std::size_t b = 0; b < blocks; ++b, from += 34, to += 32) {
        const auto scale = static_cast<float>(load<ternion::Float16>(from));
        for (std::size_t i = 0; i < 32; ++i)
            to[i] = scale * static_cast<float>(load<std::int8_t>(from + 2 + i));
    }
}

/// 210 bytes: the low 4 bits of 256 codes (128 bytes), their high 2 bits (64), 16 int8 scales, an F16 scale.
void decode_q6_k(const std::byte* from, std::size_t blocks, float* to) {
    for (std::size_t b = 0; b < blocks; ++b, from += 210, to += 256) {
        const std::byte* low = from;
        const std::byte* high = from + 128;
        const std::byte* scales = from + 192;
        const auto d = static_cast<float>(load<ternion::Float16>(from + 208));
        for (std::size_t i = 0; i < 256; ++i) {
            const std::size_t half = i / 128, group = i % 128 / 32, lane = i % 32;
            const unsigned nibbles = load<std::uint8_t>(low + 64 * half + lane + 32 * (group % 2));
            const unsigned pairs = load<std::uint8_t>(high + 32 * half + lane);
            const unsigned code = (nibbles >> (group < 2 ? 0 : 4) & 15u) | (pairs >> (2 * group) & 3u) << 4;
            const auto scale = static_cast<float>(load<std::int8_t>(scales + 8 * half + 2 * group + lane / 16));
            to[i] = d * scale * static_cast<float>(static_cast<int>(code) - 32);
        }
    }
}

constexpr NumberFormat formats[] = {
    {"F32", 0, 1, 4, decode_plain<float>, encode_plain<float>},
    {"F16", 1, 1, 2, decode_plain<ternion::Float16>, encode_plain<ternion::Float16>},
    {"BF16", 30, 1, 2, decode_plain<ternion::BFloat16>, encode_plain<ternion::BFloat16>},
    {"Q8_0", 8, 32, 34, decode_q8_0, nullptr},
    {"Q6_K", 14, 256, 210, decode_q6_k, nullptr},
};

template <class Predicate>
const NumberFormat* find(Predicate matches) {
    const auto found = std::find_if(std::begin(formats), std::end(formats), matches);
    return found == std::end(formats) ? nullptr : &*found;
}

TernaryTensor tensor_of(const ternion::PackingInfo& packing, const StoredMatrix& matrix, float scale) {
    return {
        matrix.file, matrix.name, matrix.format, {&packing, {matrix.rows, matrix.cols}, matrix.bytes.data(), scale}};
}

/// The same with trits of its own, one byte each.
TernaryTensor with_trits(TernaryTensor tensor, std::vector<std::int8_t> trits) {
    const auto owner = std::make_shared<const std::vector<std::int8_t>>(std::move(trits));
    tensor.matrix.packing = &ternion::packing_info<ternion::Int8>;
    tensor.matrix.data = reinterpret_cast<const std::byte*>(owner->data());
    tensor.owner = owner;
    return tensor;
}

// Programs that write I2_S drop what is left over of 128 weights: such a tensor lacks weights and is refused.
std::size_t i2s_bytes(std::size_t rows, std::size_t cols) {
    return rows * cols % ternion::I2S::block == 0 ? rows * cols / 4 + i2s_tail : 0;
}

TernaryTensor open_i2s(const StoredMatrix& matrix) {
    const auto scale = load<float>(matrix.bytes.last(i2s_tail).data());
    check_scale(matrix.file, matrix.name, scale);
    return tensor_of(ternion::packing_info<ternion::I2S>, matrix, scale);
}

// TQ1_0, TQ2_0 and Q2_0: rows of whole blocks, each with an F16 scale. In a ternary model all blocks of a tensor share
// one scale, but for those without a weight that isn't zero, whose scale may be 0.

template <class Packing>
std::size_t bytes_of(std::size_t rows, std::size_t cols) {
    return cols % Packing::block_inputs == 0 ? Packing::bytes({rows, cols}) : 0;
}

/// The one scale that all blocks have but those whose scale is 0.
template <class Packing>
float shared_scale(const StoredMatrix& matrix) {
    float scale = 0;
    for (std::size_t at = 0; at < matrix.bytes.size(); at += Packing::block_bytes) {
        const float found = Packing::scale_at({1, Packing::block_inputs}, matrix.bytes.data() + at, 0, 0);
        if (found == 0 || found == scale) continue;
        if (scale != 0) {
            throw FileError(matrix.file, "one scale for all blocks of tensor " + in_quotes(matrix.name),
                            joined(scale, " and ", found));
        }
        check_scale(matrix.file, matrix.name, scale = found);
    }
    return scale != 0 ? scale : 1;
}

/// Whether a block with scale 0 has other codes than those of zeros: its weights are zero all the same.
template <class Packing>
bool hides_codes(const StoredMatrix& matrix) {
    std::array<std::uint8_t, Packing::block_inputs> codes;
    for (std::size_t at = 0; at < matrix.bytes.size(); at += Packing::block_bytes) {
        const ternion::Shape block{1, Packing::block_inputs};
        const std::byte* data = matrix.bytes.data() + at;
        if (Packing::scale_at(block, data, 0, 0) != 0) continue;
        Packing::unpack(block, data, 0, 0, codes.size(), codes.data());
        if (std::count(codes.begin(), codes.end(), 1) != std::ptrdiff_t{Packing::block_inputs}) return true;
    }
    return false;
}

template <class Packing>
TernaryTensor open_blocks(const StoredMatrix& matrix) {
    const TernaryTensor tensor = tensor_of(ternion::packing_info<Packing>, matrix, shared_scale<Packing>(matrix));
    if (!hides_codes<Packing>(matrix)) return tensor;
    std::vector<std::int8_t> trits(tensor.matrix.shape.size());
    tensor.read(0, matrix.rows, trits);
    for (std::size_t block = 0; block * Packing::block_inputs < trits.size(); ++block) {
        const std::byte* data = matrix.bytes.data() + block * Packing::block_bytes;
        if (Packing::scale_at({1, Packing::block_inputs}, data, 0, 0) != 0) continue;
        std::fill_n(trits.data() + block * Packing::block_inputs, Packing::block_inputs, std::int8_t{0});
    }
    return with_trits(tensor, std::move(trits));
}

constexpr TernaryFormat block_formats[] = {
    {"TQ1_0", 34, bytes_of<ternion::TQ1_0>, open_blocks<ternion::TQ1_0>},
    {"TQ2_0", 35, bytes_of<ternion::TQ2_0>, open_blocks<ternion::TQ2_0>},
    {"Q2_0", 42, bytes_of<ternion::Q2_0>, open_blocks<ternion::Q2_0>},
};

}  // namespace

std::uint64_t checked_product(std::span<const std::uint64_t> dims, std::uint64_t each, std::string_view tensor,
                              const std::string& file) {
    for (const std::uint64_t dim : dims) {
        if (dim == 0) throw FileError(file, "dimensions of at least 1 of tensor " + in_quotes(tensor), dim);
        if (dim > (std::uint64_t{1} << 62) / each) {
            throw FileError(file, joined("the size of tensor ", in_quotes(tensor), " is beyond 2^62"));
        }
        each *= dim;
    }
    return each;
}

std::span<const NumberFormat> number_formats() {
    return formats;
}

const NumberFormat* find_number_format(std::uint32_t gguf_type) {
    return find([&](const NumberFormat& format) { return format.gguf_type == gguf_type; });
}

const NumberFormat* find_number_format(std::string_view name) {
    return find([&](const NumberFormat& format) { return format.name == name; });
}

void DenseTensor::read(std::size_t row_begin, std::span<float> out) const {
    const std::byte* from = bytes.data() + row_begin * format->bytes(cols);
    format->decode(from, out.size() / format->block_values, out.data());
}

TernaryTensor quantize_master(const DenseTensor& weights, const std::string& file) try {
    std::vector<float> values(weights.rows * weights.cols);
    weights.read(0, values);
    std::vector<std::int8_t> trits(values.size());
    const float gamma = ternion::absmean_quantize(values, trits);
    return with_trits({file,
                       weights.name,
                       std::string(weights.format->name),
                       {nullptr, {weights.rows, weights.cols}, nullptr, gamma}},
                      std::move(trits));
} catch (const std::invalid_argument&) {
    throw FileError(file, "finite weights in tensor " + in_quotes(weights.name), "NaN or infinity");
}

void TernaryTensor::check_codes() const {
    if (matrix.packing->valid != nullptr && matrix.packing->valid(matrix.shape, matrix.data)) return;
    std::vector<std::int8_t> row(cols());
    for (std::size_t n = 0; n < rows(); ++n)
        read(n, 1, row);
}

void TernaryTensor::read(std::size_t row_begin, std::size_t row_count, std::span<std::int8_t> out) const {
    for (std::size_t n = 0; n < row_count; ++n) {
        const auto row = out.subspan(n * cols(), cols());
        auto* codes = reinterpret_cast<std::uint8_t*>(row.data());
        matrix.unpack_row(row_begin + n, codes);
        if (std::any_of(codes, codes + cols(), [](std::uint8_t code) { return code > 2; })) {
            throw FileError(file, "codes 0, 1 and 2 in tensor " + in_quotes(name), "code 3");
        }
        for (std::int8_t& trit : row)
            --trit;
    }
}

const TernaryFormat i2s_format{"I2_S", 36, i2s_bytes, open_i2s};

const TernaryFormat* find_ternary_format(std::uint32_t gguf_type) {
    if (gguf_type == i2s_format.gguf_type) return &i2s_format;
    for (const TernaryFormat& format : block_formats) {
        if (format.gguf_type == gguf_type) return &format;
    }
    return nullptr;
}

TernaryTensor open_hugging_face(const StoredMatrix& matrix, float scale) {
    return tensor_of(ternion::packing_info<ternion::HuggingFace>, matrix, scale);
}

void check_scale(const std::string& file, std::string_view tensor, float scale) {
    if (std::isfinite(scale) && scale != 0) return;
    throw FileError(file, joined("a scale of tensor ", in_quotes(tensor), " that is finite and not zero"), scale);
}

}  // namespace bitnet
