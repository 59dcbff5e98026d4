// The functions of backends that differ most from machine to machine; tests/unit/simd_backend.cpp has them all, where
// Catch2 can be had.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "../unit/random_data.hpp"
#include "isa_tests.hpp"

namespace isa {

namespace {

using Bytes = std::vector<std::uint8_t>;

template <class B>
std::vector<std::int32_t> lanes_of(typename B::Wide r) {
    std::vector<std::int32_t> values(B::lanes);
    B::store_wide(values.data(), r);
    return values;
}

template <class B>
Bytes random_bytes(std::uint64_t seed, unsigned limit = 256) {
    const auto values = test::random_activations(B::bytes, seed);
    Bytes bytes(values.begin(), values.end());
    for (auto& byte : bytes)
        byte = static_cast<std::uint8_t>(byte % limit);
    return bytes;
}

/// `times` dot products of the same codes and activations, folded onto lanes of 1000.
template <class B, int Shift = 0>
bool dot_is_right(const Bytes& codes, const Bytes& x, std::size_t times) {
    auto sum = B::narrow_zero();
    for (std::size_t i = 0; i < times; ++i)
        sum = B::dot(sum, B::load(codes.data()), B::load(x.data()));
    const std::vector<std::int32_t> start(B::lanes, 1000);
    std::vector<std::int32_t> expected(B::lanes);
    for (std::size_t i = 0; i < B::bytes; ++i)
        expected[i / 4] += static_cast<std::int32_t>(times) * codes[i] * static_cast<std::int8_t>(x[i]);
    for (auto& lane : expected)
        lane = 1000 + (lane >> Shift);
    return lanes_of<B>(B::template fold<Shift>(B::load_wide(start.data()), sum)) == expected;
}

template <class B>
void check_dot(Report& report, const std::string& name) {
    for (std::uint64_t seed = 1; seed < 20; ++seed) {
        const Bytes x = random_bytes<B>(seed);
        report.check(dot_is_right<B>(random_bytes<B>(seed, 3), x, 5), name + ": dot of codes 0..2");
        report.check(dot_is_right<B, 2>(random_bytes<B>(seed, 9), x, 5), name + ": dot of codes up to 8, shifted");
        if constexpr (B::wide_dot) {
            report.check(dot_is_right<B, 6>(random_bytes<B>(seed, B::largest_code + 1), x, 5),
                         name + ": dot of all codes");
        }
    }
    // As often as an accumulator allows, with the codes of the kernels, and those of codes left in place.
    for (const unsigned code : {1u, 2u, 2u << 2, 2u << 6}) {
        if (code > B::largest_code) continue;
        const std::size_t times = std::min<std::size_t>(B::fold_every(code), 20000);
        report.check(times > 0 || !B::wide_dot, name + ": fold_every");
        for (const std::uint8_t x : {std::uint8_t{0x80}, std::uint8_t{0x7f}}) {
            report.check(dot_is_right<B>(Bytes(B::bytes, static_cast<std::uint8_t>(code)), Bytes(B::bytes, x), times),
                         name + ": dot of codes " + std::to_string(code) + ", " + std::to_string(times) + " times");
        }
    }
}

template <class B>
Bytes stored(typename B::Bytes r) {
    Bytes bytes(B::bytes);
    B::store(bytes.data(), r);
    return bytes;
}

template <class B>
void check_parts(Report& report, const std::string& name) {
    std::uint8_t from[256];
    for (std::size_t i = 0; i < 256; ++i)
        from[i] = static_cast<std::uint8_t>(i * 7 + i / 16);
    Bytes parts(B::bytes);
    if constexpr (B::bytes <= 128) {
        for (std::size_t i = 0; i < B::bytes; ++i)
            parts[i] = from[i / 16 * 18 + i % 16];
        report.check(stored<B>(B::load_parts(from, 18)) == parts, name + ": load_parts");
    }
    for (std::size_t first = 0; first < 256; first += B::bytes) {
        Bytes bytes(B::bytes), thirds(B::bytes);
        for (std::size_t i = 0; i < B::bytes; ++i) {
            bytes[i] = static_cast<std::uint8_t>(first + i + 128);
            thirds[i] = static_cast<std::uint8_t>((first + i) % 256 * 3 / 256);
        }
        report.check(stored<B>(B::thirds(B::load(bytes.data()))) == thirds, name + ": thirds");
    }
    Bytes transposed(4 * 20, 99), expected(4 * 20, 99);
    for (std::size_t i = 0; i < 4; ++i) {
        for (std::size_t j = 0; j < 16; ++j)
            expected[20 * i + j] = from[17 * (j / 4) + 4 * i + j % 4];
    }
    B::transpose4(from, 17, transposed.data(), 20);
    report.check(transposed == expected, name + ": transpose4");
}

template <class B>
void check_bytes(Report& report, const std::string& name) {
    const Bytes a = random_bytes<B>(1), b = random_bytes<B>(2);
    const auto ra = B::load(a.data()), rb = B::load(b.data());
    const std::int8_t four[4] = {-128, 127, 3, -4};
    Bytes both(B::bytes), sum(B::bytes), high(B::bytes), repeated(B::bytes);
    for (std::size_t i = 0; i < B::bytes; ++i) {
        both[i] = a[i] & b[i];
        sum[i] = static_cast<std::uint8_t>(a[i] + b[i]);
        high[i] = a[i] >> 6;
        repeated[i] = static_cast<std::uint8_t>(four[i % 4]);
    }
    report.check(stored<B>(B::bit_and(ra, rb)) == both, name + ": bit_and");
    report.check(stored<B>(B::add(ra, rb)) == sum, name + ": add");
    report.check(stored<B>(B::bit_and(B::template shift_right<6>(ra), B::splat(3))) == high, name + ": shift_right");
    report.check(stored<B>(B::broadcast4(four)) == repeated, name + ": broadcast4");
    if constexpr (requires { B::select(ra, ra, rb); }) {
        Bytes selected(B::bytes);
        const Bytes mask = random_bytes<B>(3);
        for (std::size_t i = 0; i < B::bytes; ++i)
            selected[i] = static_cast<std::uint8_t>((a[i] & mask[i]) | (b[i] & ~mask[i]));
        report.check(stored<B>(B::select(B::load(mask.data()), ra, rb)) == selected, name + ": select");
    }
    if constexpr (requires { B::store_halves(both.data(), sum.data(), ra); }) {
        Bytes low(B::bytes / 2), upper(B::bytes / 2);
        B::store_halves(low.data(), upper.data(), ra);
        low.insert(low.end(), upper.begin(), upper.end());
        report.check(low == a, name + ": store_halves");
    }
}

/// What packings that are looked up, and planes of bits, are multiplied by.
template <class B>
void check_masks(Report& report, const std::string& name) {
    const Bytes a = random_bytes<B>(4), b = random_bytes<B>(5), bits = random_bytes<B>(6),
                index = random_bytes<B>(7, 16);
    const auto ra = B::load(a.data()), rb = B::load(b.data());
    Bytes found(B::bytes), added(B::bytes), flipped(B::bytes), repeated(B::bytes), bit(B::bytes);
    std::uint32_t total = 0;
    for (std::size_t i = 0; i < B::bytes; ++i) {
        bit[i] = static_cast<std::uint8_t>(1u << i % 8);
        found[i] = a[i / 16 * 16 + index[i]];
        repeated[i] = a[i % 16];
        added[i] = static_cast<std::uint8_t>(a[i] + ((bits[i / 8] >> i % 8 & 1) != 0 ? b[i] : 0));
        flipped[i] = static_cast<std::uint8_t>((b[i] & bit[i]) != 0 ? 255 - a[i] : a[i]);
        total += a[i];
    }
    const auto tested = B::test_bit(rb, B::load(bit.data()));
    report.check(stored<B>(B::lookup16(ra, B::load(index.data()))) == found, name + ": lookup16");
    report.check(stored<B>(B::broadcast16(a.data())) == repeated, name + ": broadcast16");
    if constexpr (requires(std::array<std::uint8_t, 64> table) { B::lookup64(table, ra); }) {
        std::array<std::uint8_t, 64> table;
        for (std::size_t i = 0; i < 64; ++i)
            table[i] = static_cast<std::uint8_t>(37 * i * i + 11 * i + 5);
        bool right = true;
        for (unsigned first = 0; first < 256; first += B::bytes) {
            Bytes at(B::bytes), wanted(B::bytes);
            for (std::size_t i = 0; i < B::bytes; ++i) {
                at[i] = static_cast<std::uint8_t>(first + i);
                wanted[i] = table[at[i] % 64];
            }
            right = right && stored<B>(B::lookup64(table, B::load(at.data()))) == wanted;
        }
        report.check(right, name + ": lookup64 by the lower six bits");
    }
    report.check(stored<B>(B::add_where(B::load_mask(bits.data()), ra, rb)) == added, name + ": add_where");
    report.check(stored<B>(B::flip_where(tested, ra, B::splat(255))) == flipped, name + ": flip_where");
    report.check(B::sum(B::add_bytes(B::wide_zero(), ra)) == total, name + ": add_bytes");
    std::vector<std::uint16_t> even(B::bytes / 2), odd(B::bytes / 2);
    B::store_words(even.data(), B::add_even(B::add_even(B::words_zero(), ra), rb));
    B::store_words(odd.data(), B::add_odd(B::add_odd(B::words_zero(), ra), rb));
    bool right = true;
    for (std::size_t i = 0; i < B::bytes / 2; ++i)
        right = right && even[i] == a[2 * i] + b[2 * i] && odd[i] == a[2 * i + 1] + b[2 * i + 1];
    report.check(right, name + ": add_even and add_odd");
}

template <class B>
void check_lanes(Report& report, const std::string& name) {
    std::vector<std::int32_t> values(B::lanes), doubled(B::lanes);
    std::uint32_t total = 0;
    for (std::size_t i = 0; i < B::lanes; ++i) {
        values[i] = i % 2 == 0 ? INT32_MIN + static_cast<std::int32_t>(i) : INT32_MAX - 3;
        doubled[i] = static_cast<std::int32_t>(2 * static_cast<std::uint32_t>(values[i]));
        total += static_cast<std::uint32_t>(values[i]);
    }
    const auto r = B::load_wide(values.data());
    report.check(B::sum(r) == total, name + ": sum");
    const auto twice = B::add_wide(r, r);
    report.check(B::sum4(r, B::wide_zero(), twice, B::add_wide(r, twice)) ==
                     std::array<std::uint32_t, 4>{total, 0, 2 * total, 3 * total},
                 name + ": sum4");
    report.check(lanes_of<B>(B::add_wide(r, r)) == doubled, name + ": add_wide");
    for (auto& value : values)
        value = std::clamp(value, -8, 7);
    report.check(lanes_of<B>(B::clamp(r, -8, 7)) == values, name + ": clamp");
    for (int base = -128; base < 127; ++base) {
        for (const float part : {0.0f, 0.25f, 0.5f, 0.75f}) {
            const float x = static_cast<float>(base) + part;
            const auto expected = static_cast<std::int32_t>(std::nearbyint(x));
            const auto rounded = B::round_to_int(B::splat_float(x));
            std::vector<std::int8_t> q(B::lanes + 1, 55), bytes(B::lanes + 1, static_cast<std::int8_t>(expected));
            bytes.back() = 55;
            B::store_low_bytes(q.data(), rounded);
            report.check(lanes_of<B>(rounded) == std::vector<std::int32_t>(B::lanes, expected) && q == bytes,
                         name + ": round and store " + std::to_string(x));
        }
    }
    for (const float top : {0.0f, -0.0f, -2.5f, 3e38f, -std::numeric_limits<float>::infinity(),
                            -std::numeric_limits<float>::quiet_NaN()}) {
        for (std::size_t place = 0; place < B::lanes; ++place) {
            std::vector<float> x(B::lanes, 0.0f);
            x[place] = top;
            std::uint32_t bits;
            std::memcpy(&bits, &top, sizeof bits);
            const auto peak = B::max_magnitude(B::wide_zero(), B::load_floats(x.data()));
            report.check(B::reduce_max(peak) == (bits & 0x7fffffffu),
                         name + ": max_magnitude of " + std::to_string(top));
        }
    }
}

/// Every 16-bit float there is, to float and back; a NaN comes back quiet.
template <class B, class Half>
void check_halves(Report& report, const std::string& name) {
    for (std::uint32_t first = 0; first < 0x10000; first += B::lanes) {
        std::vector<Half> from(B::lanes), back(B::lanes), expected(B::lanes);
        std::vector<float> wide(B::lanes), expected_wide(B::lanes);
        for (std::uint32_t i = 0; i < B::lanes; ++i) {
            from[i] = Half::from_bits(static_cast<std::uint16_t>(first + i));
            expected_wide[i] = static_cast<float>(from[i]);
            expected[i] = Half(expected_wide[i] * 1.0009765625f);  // ties, and what is between
        }
        B::store_floats(wide.data(), B::widen(from.data()));
        B::narrow(back.data(), B::multiply(B::load_floats(wide.data()), B::splat_float(1.0009765625f)));
        const std::size_t size = B::lanes * sizeof(float);
        report.check(std::memcmp(wide.data(), expected_wide.data(), size) == 0 &&
                         std::memcmp(back.data(), expected.data(), size / 2) == 0,
                     name + ": 16-bit floats from " + std::to_string(first));
    }
}

}  // namespace

void check_backends(Report& report) {
    ternion::for_each_type(tested_archs{}, [&]<class Arch>(std::type_identity<Arch>) {
        using B = ternion::backend_of<Arch>;
        const std::string name(B::name);
        check_dot<B>(report, name);
        check_bytes<B>(report, name);
        check_parts<B>(report, name);
        check_masks<B>(report, name);
        check_lanes<B>(report, name);
        check_halves<B, ternion::Float16>(report, name + ", Float16");
        check_halves<B, ternion::BFloat16>(report, name + ", BFloat16");
    });
}

}  // namespace isa
