#include "number_format.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <ternion/core/float16.hpp>
#include <ternion/packing/q2_0.hpp>
#include <ternion/packing/tq1_0.hpp>
#include <ternion/packing/tq2_0.hpp>

#include <program/io/file_error.hpp>
#include "tensor_format.hpp"

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

float largest(std::span<const float> numbers) {
    float most = 0;
    for (const float x : numbers)
        most = std::max(most, std::abs(x));
    return most;
}

/// x in steps of a scale; 0 where that is 0.
int code_of(float x, float scale, int least, int most) {
    return scale == 0 ? 0 : std::clamp(static_cast<int>(std::nearbyint(x / scale)), least, most);
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

/// One scale for 32 numbers, the largest of which becomes 127.
void encode_q8_0(std::span<const float> from, std::byte* to) {
    for (; !from.empty(); from = from.subspan(32), to += 34) {
        const ternion::Float16 scale(largest(from.first(32)) / 127);
        const auto exact = static_cast<float>(scale);
        std::memcpy(to, &scale, 2);
        for (std::size_t i = 0; i < 32; ++i)
            to[2 + i] = static_cast<std::byte>(code_of(from[i], exact, -128, 127));
    }
}

/// One scale for 16 numbers, itself a code with one scale for 256.
void encode_q6_k(std::span<const float> from, std::byte* to) {
    for (; !from.empty(); from = from.subspan(256), to += 210) {
        std::memset(to, 0, 210);
        const ternion::Float16 d(largest(from.first(256)) / (31 * 127));
        std::memcpy(to + 208, &d, 2);
        for (std::size_t i = 0; i < 256; ++i) {
            const std::size_t half = i / 128, group = i % 128 / 32, lane = i % 32;
            const std::size_t sixteen = 8 * half + 2 * group + lane / 16;
            const int scale = code_of(largest(from.subspan(16 * (i / 16), 16)) / 31, static_cast<float>(d), 0, 127);
            to[192 + sixteen] = static_cast<std::byte>(scale);
            const auto step = static_cast<float>(d) * static_cast<float>(scale);
            const auto code = static_cast<unsigned>(code_of(from[i], step, -32, 31) + 32);
            to[64 * half + lane + 32 * (group % 2)] |= static_cast<std::byte>((code & 15u) << (group < 2 ? 0 : 4));
            to[128 + 32 * half + lane] |= static_cast<std::byte>(code >> 4 << (2 * group));
        }
    }
}

/// Whole blocks of a ternary format, as the numbers they stand for; Q2_0's code 3 is +2.
template <class Packing>
void decode_trits(const std::byte* from, std::size_t blocks, float* to) {
    constexpr std::size_t inputs = Packing::block_inputs;
    std::uint8_t codes[inputs];
    for (std::size_t b = 0; b < blocks; ++b, from += Packing::block_bytes, to += inputs) {
        Packing::decode(from, codes);
        const float scale = Packing::scale_at({1, inputs}, from, 0, 0);
        for (std::size_t i = 0; i < inputs; ++i)
            to[i] = scale * static_cast<float>(static_cast<int>(codes[i]) - 1);
    }
}

template <class Packing>
constexpr NumberFormat block_numbers(std::string_view name, std::uint32_t gguf_type) {
    return {name, gguf_type, Packing::block_inputs, Packing::block_bytes, decode_trits<Packing>, nullptr};
}

// What isn't below rounds to infinity.
constexpr float f16_limit = 65520, bf16_limit = 0x1.ffp127F;

constexpr NumberFormat formats[] = {
    {"F32", 0, 1, 4, decode_plain<float>, encode_plain<float>},
    {"F16", 1, 1, 2, decode_plain<ternion::Float16>, encode_plain<ternion::Float16>, f16_limit},
    {"BF16", 30, 1, 2, decode_plain<ternion::BFloat16>, encode_plain<ternion::BFloat16>, bf16_limit},
    {"Q8_0", 8, 32, 34, decode_q8_0, encode_q8_0, f16_limit * 127},
    {"Q6_K", 14, 256, 210, decode_q6_k, encode_q6_k, f16_limit * 31 * 127},
    block_numbers<ternion::TQ1_0>("TQ1_0", 34),
    block_numbers<ternion::TQ2_0>("TQ2_0", 35),
    block_numbers<ternion::Q2_0>("Q2_0", gguf_type_q2_0),
    block_numbers<ternion::PQ2_0>("PQ2_0", gguf_type_pq2_0),
};

template <class Predicate>
const NumberFormat* find(Predicate matches) {
    const auto found = std::find_if(std::begin(formats), std::end(formats), matches);
    return found == std::end(formats) ? nullptr : &*found;
}

}  // namespace

std::string in_tensor(std::string_view name) {
    return " in tensor " + in_quotes(name);
}

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

}  // namespace bitnet
