#include "number_format.hpp"

#include <algorithm>
#include <array>
#include <ternion/core/float16.hpp>

namespace bitnet {
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

constexpr std::array formats = {
    NumberFormat{"F32", 0, 1, 4, decode_plain<float>, encode_plain<float>},
    NumberFormat{"F16", 1, 1, 2, decode_plain<ternion::Float16>, encode_plain<ternion::Float16>},
    NumberFormat{"BF16", 30, 1, 2, decode_plain<ternion::BFloat16>, encode_plain<ternion::BFloat16>},
    NumberFormat{"Q8_0", 8, 32, 34, decode_q8_0, nullptr},
    NumberFormat{"Q6_K", 14, 256, 210, decode_q6_k, nullptr},
};

template <class Predicate>
const NumberFormat* find(Predicate matches) {
    const auto found = std::find_if(formats.begin(), formats.end(), matches);
    return found == formats.end() ? nullptr : &*found;
}

}  // namespace

std::span<const NumberFormat> number_formats() {
    return formats;
}

const NumberFormat* find_number_format(std::uint32_t gguf_type) {
    return find([&](const NumberFormat& format) { return format.gguf_type == gguf_type; });
}

const NumberFormat* find_number_format(std::string_view name) {
    return find([&](const NumberFormat& format) { return format.name == name; });
}

}  // namespace bitnet
