#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <ternion/ternion.hpp>
#include <type_traits>

#include "kv_codes.hpp"
#include "kv_format.hpp"

namespace bitnet {
inline namespace TERNION_ABI {

/// A part of a block in codes, n a token: the codes of keys as columns, of values as rows.
template <class Byte>
struct CodedPart {
    template <class T>
    using Like = std::conditional_t<std::is_const_v<Byte>, const T, T>;

    CodedPart(const KvFormat& format, Byte* part, std::size_t numbers)
        : n(numbers),
          codes(reinterpret_cast<Like<std::uint8_t>*>(part)),
          scales(reinterpret_cast<Like<float>*>(part + format.scales_offset(n))),
          first_token(codes + format.first_token_offset(n)) {}

    std::size_t n;
    Like<std::uint8_t>* codes;
    Like<float>* scales;              // [64]
    Like<std::uint8_t>* first_token;  // of i3: [n / 8]
};

/// f(bits) with the bits of a code as a constant.
template <class F>
auto with_code_bits(KvType type, F&& f) {
    if (type == KvType::i8) return f(std::integral_constant<int, 8>{});
    if (type == KvType::i4) return f(std::integral_constant<int, 4>{});
    return f(std::integral_constant<int, 3>{});
}

/// Writes x[dim] of the token at `position` as codes of `Bits` bits.
template <int Bits>
void store_codes(const CodedPart<std::byte>& part, bool keys, std::size_t position, const float* x, std::size_t dim) {
    constexpr std::size_t block = KvFormat::block;
    const std::size_t slot = position % block;
    std::int8_t codes[KvFormat::widest_head];
    std::fill(codes + dim, codes + part.n, std::int8_t{0});
    if (Bits == 3 && position == 0) {
        part.scales[0] = ternion::Absmax<code_bits<Bits>>::quantize_token(x, dim, codes).scale;
        write_rows(FirstTokenPlane{}, codes, part.n, part.first_token, 1);
    } else {
        constexpr int unit = 1 << (code_bits<Bits> - Bits);  // a power of two: it changes no product of code and scale
        part.scales[slot] = ternion::Absmax<Bits>::quantize_token(x, dim, codes).scale / static_cast<float>(unit);
        std::transform(codes, codes + dim, codes, [](int code) { return static_cast<std::int8_t>(code * unit); });
    }
    each_plane<Bits>([&](auto plane) {
        std::uint8_t* to = part.codes + plane.offset(part.n, block);
        if (keys) {
            write_rows(plane, codes, part.n, to + slot, block);
        } else {
            write_rows(plane, codes, part.n, to + slot * plane.rows(part.n), 1);
        }
    });
}

/// Numbers as they are, or rounded to F16.
template <class T>
void place(const KvFormat& format, std::byte* to, std::size_t slot, const T* key, const T* value) {
    T* column = reinterpret_cast<T*>(to) + slot;
    T* row = reinterpret_cast<T*>(to + format.values_offset()) + slot * format.value_stride();
    for (std::size_t d = 0; d < format.head_dim(); ++d) {
        column[d * KvFormat::block] = key[d];
        row[d] = value[d];
    }
}

/// Writes the key and the value of the token at `position` of its sequence into its block.
inline void store_token(const KvFormat& format, std::byte* to, std::size_t position, const float* key,
                        const float* value) {
    const std::size_t dim = format.head_dim(), slot = position % KvFormat::block;
    if (format.type() == KvType::f32) {
        place(format, to, slot, key, value);
    } else if (format.type() == KvType::f16) {
        ternion::Float16 keys[KvFormat::widest_head], values[KvFormat::widest_head];
        ternion::narrow(key, dim, keys);
        ternion::narrow(value, dim, values);
        place(format, to, slot, keys, values);
    } else {
        with_code_bits(format.type(), [&](auto bits) {
            store_codes<bits>({format, to, format.key_numbers()}, true, position, key, dim);
            store_codes<bits>({format, to + format.values_offset(), format.value_stride()}, false, position, value,
                              dim);
        });
    }
}

template <int Bits>
void read_keys(const CodedPart<const std::byte>& part, std::size_t dim, float* out) {
    constexpr std::size_t block = KvFormat::block;
    for (std::size_t d = 0; d < dim; ++d, out += block) {
        std::uint8_t codes[block] = {};
        each_plane<Bits>([&](auto plane) {
            const std::size_t rows = plane.rows(part.n);
            add_bits(plane, part.codes + plane.offset(part.n, block) + d % rows * block, d / rows * plane.width, block,
                     codes);
        });
        if (Bits == 3) {
            constexpr FirstTokenPlane plane;
            const std::size_t rows = plane.rows(part.n);
            add_bits(plane, part.first_token + d % rows, d / rows, 1, codes);
        }
        for (std::size_t t = 0; t < block; ++t)
            out[t] = number_of<Bits>(codes[t]) * part.scales[t];
    }
}

template <int Bits>
void read_values(const CodedPart<const std::byte>& part, float* out) {
    constexpr std::size_t block = KvFormat::block;
    for (std::size_t t = 0; t < block; ++t, out += part.n) {
        std::uint8_t codes[KvFormat::widest_head];
        std::fill_n(codes, part.n, std::uint8_t{0});
        each_plane<Bits>([&](auto plane) {
            add_rows(plane, part.codes + plane.offset(part.n, block) + t * plane.rows(part.n), part.n, codes);
        });
        if (Bits == 3 && t == 0) add_rows(FirstTokenPlane{}, part.first_token, part.n, codes);
        for (std::size_t d = 0; d < part.n; ++d)
            out[d] = number_of<Bits>(codes[d]) * part.scales[t];
    }
}

/// Numbers that aren't codes as floats.
inline const float* widened(const KvFormat& format, const std::byte* from, std::size_t count, float* scratch) {
    if (format.type() == KvType::f32) return reinterpret_cast<const float*>(from);
    ternion::widen(reinterpret_cast<const ternion::Float16*>(from), count, scratch);
    return scratch;
}

/// Keys [head_dim, 64] of a block as floats; `scratch` may be used for them.
inline const float* keys_of(const KvFormat& format, const std::byte* from, float* scratch) {
    if (format.type() <= KvType::f16) return widened(format, from, format.key_floats(), scratch);
    with_code_bits(format.type(), [&](auto bits) {
        read_keys<bits>({format, from, format.key_numbers()}, format.head_dim(), scratch);
    });
    return scratch;
}

/// Values [64, value_stride] of a block as floats; `scratch` may be used for them.
inline const float* values_of(const KvFormat& format, const std::byte* from, float* scratch) {
    from += format.values_offset();
    if (format.type() <= KvType::f16) return widened(format, from, format.value_floats(), scratch);
    with_code_bits(format.type(),
                   [&](auto bits) { read_values<bits>({format, from, format.value_stride()}, scratch); });
    return scratch;
}

}  // namespace TERNION_ABI
}  // namespace bitnet
