// Each function of each backend by the meaning that scalar.hpp states. A new ISA is checked here first: a kernel that
// is wrong says little about which instruction is.

#include <algorithm>
#include <array>
#include <bit>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <cstring>
#include <limits>
#include <ternion/ternion.hpp>
#include <vector>

#include "random_data.hpp"

namespace {

using namespace ternion;

/// Calls f.operator()<B>() for the backend of every arch.
template <class F>
void for_each_backend(F&& f) {
    std::size_t count = 0;
    for_each_type(all_archs{}, [&]<class Arch>(std::type_identity<Arch>) {
        INFO(backend_of<Arch>::name << "/" << backend_of<Arch>::bytes);
        f.template operator()<backend_of<Arch>>();
        ++count;
    });
    CHECK(count == all_archs::size);
}

template <class B>
std::vector<std::uint8_t> stored(typename B::Bytes r) {
    std::vector<std::uint8_t> bytes(B::bytes);
    B::store(bytes.data(), r);
    return bytes;
}

template <class B>
std::vector<std::int32_t> stored_wide(typename B::Wide r) {
    std::vector<std::int32_t> values(B::lanes);
    B::store_wide(values.data(), r);
    return values;
}

template <class B>
std::vector<std::uint8_t> random_bytes(std::uint64_t seed) {
    const auto values = test::random_activations(B::bytes, seed);
    return {values.begin(), values.end()};
}

TEST_CASE("registers are whole", "[backend]") {
    for_each_backend([]<class B>() {
        CHECK(B::bytes % 16 == 0);
        CHECK(B::lanes * 4 == B::bytes);
        CHECK((B::registers == 16 || B::registers == 32));
        CHECK(!B::name.empty());
    });
}

TEST_CASE("bytes are loaded, stored and combined", "[backend]") {
    for_each_backend([]<class B>() {
        const auto a = random_bytes<B>(1);
        const auto b = random_bytes<B>(2);
        const auto ra = B::load(a.data());
        const auto rb = B::load(b.data());
        const auto anded = stored<B>(B::bit_and(ra, rb));
        const auto added = stored<B>(B::add(ra, rb));
        const auto shifted = stored<B>(B::bit_and(B::template shift_right<4>(ra), B::splat(0x0f)));
        CHECK(stored<B>(ra) == a);
        CHECK(stored<B>(B::splat(0xa5)) == std::vector<std::uint8_t>(B::bytes, 0xa5));
        for (std::size_t i = 0; i < B::bytes; ++i) {
            CHECK(anded[i] == (a[i] & b[i]));
            CHECK(added[i] == static_cast<std::uint8_t>(a[i] + b[i]));
            CHECK(shifted[i] == a[i] >> 4);
        }
        const std::array<std::int8_t, 5> four{-128, 127, 3, -4, 99};
        const auto repeated = stored<B>(B::broadcast4(four.data()));
        for (std::size_t i = 0; i < B::bytes; ++i)
            CHECK(repeated[i] == static_cast<std::uint8_t>(four[i % 4]));
    });
}

TEST_CASE("bytes are looked up in the sixteen of their part", "[backend]") {
    for_each_backend([]<class B>() {
        const auto tables = random_bytes<B>(3);
        auto index = random_bytes<B>(4);
        for (auto& byte : index)
            byte = static_cast<std::uint8_t>(byte & 15);
        const auto found = stored<B>(B::lookup16(B::load(tables.data()), B::load(index.data())));
        const auto repeated = stored<B>(B::broadcast16(tables.data()));
        for (std::size_t i = 0; i < B::bytes; ++i) {
            CHECK(found[i] == tables[i / 16 * 16 + index[i]]);
            CHECK(repeated[i] == tables[i % 16]);
        }
    });
}

TEST_CASE("parts are gathered, thirds told apart, words transposed", "[backend]") {
    for_each_backend([]<class B>() {
        std::vector<std::uint8_t> all(256);
        for (std::size_t i = 0; i < all.size(); ++i)
            all[i] = static_cast<std::uint8_t>(i * 7 + i / 16);
        const auto parts = stored<B>(B::load_parts(all.data() + 1, 18));
        for (std::size_t i = 0; i < B::bytes; ++i)
            CHECK(parts[i] == all[1 + i / 16 * 18 + i % 16]);
        for (std::size_t first = 0; first < 256; first += B::bytes) {
            std::vector<std::uint8_t> bytes(B::bytes);
            for (std::size_t i = 0; i < B::bytes; ++i)
                bytes[i] = static_cast<std::uint8_t>(first + i + 128);
            const auto third = stored<B>(B::thirds(B::load(bytes.data())));
            for (std::size_t i = 0; i < B::bytes; ++i)
                CHECK(third[i] == (first + i) * 3 / 256);
        }
        std::vector<std::uint8_t> transposed(4 * 20, 99);
        B::transpose4(all.data(), 17, transposed.data(), 20);
        for (std::size_t i = 0; i < 4; ++i) {
            for (std::size_t j = 0; j < 20; ++j)
                CHECK(transposed[20 * i + j] == (j < 16 ? all[17 * (j / 4) + 4 * i + j % 4] : 99));
        }
    });
}

TEST_CASE("the bytes of four registers are interleaved in each part", "[backend]") {
    for_each_backend([]<class B>() {
        const std::array<std::vector<std::uint8_t>, 4> in{random_bytes<B>(21), random_bytes<B>(22), random_bytes<B>(23),
                                                          random_bytes<B>(24)};
        const auto found =
            B::interleave4(B::load(in[0].data()), B::load(in[1].data()), B::load(in[2].data()), B::load(in[3].data()));
        for (std::size_t i = 0; i < 4; ++i) {
            const auto bytes = stored<B>(found.at(i));
            for (std::size_t at = 0; at < B::bytes; ++at)
                CHECK(bytes[at] == in.at(at % 4)[at / 16 * 16 + 4 * i + at % 16 / 4]);
        }
    });
}

TEST_CASE("masks are loaded and tested, and what is added and flipped under them", "[backend]") {
    for_each_backend([]<class B>() {
        const auto a = random_bytes<B>(5);
        const auto b = random_bytes<B>(6);
        const auto bits = random_bytes<B>(7);  // more than a mask takes
        std::vector<std::uint8_t> bit(B::bytes), low(B::bytes);
        for (std::size_t i = 0; i < B::bytes; ++i) {
            bit[i] = static_cast<std::uint8_t>(1u << (i * 5 + i / 8) % 8);
            low[i] = static_cast<std::uint8_t>(a[i] & 31);
        }
        const auto loaded = B::load_mask(bits.data());
        const auto tested = B::test_bit(B::load(b.data()), B::load(bit.data()));
        const auto ra = B::load(a.data());
        const auto rb = B::load(b.data());
        const auto added = stored<B>(B::add_where(loaded, ra, rb));
        const auto flipped = stored<B>(B::flip_where(loaded, ra, B::splat(255)));
        const auto added_tested = stored<B>(B::add_where(tested, ra, rb));
        const auto flipped_tested = stored<B>(B::flip_where(tested, B::load(low.data()), B::splat(31)));
        for (std::size_t i = 0; i < B::bytes; ++i) {
            INFO("byte " << i);
            const bool is_loaded = (bits[i / 8] >> i % 8 & 1) != 0;
            const bool is_tested = (b[i] & bit[i]) != 0;
            const auto sum = static_cast<std::uint8_t>(a[i] + b[i]);
            CHECK(added[i] == (is_loaded ? sum : a[i]));
            CHECK(flipped[i] == (is_loaded ? 255 - a[i] : a[i]));
            CHECK(added_tested[i] == (is_tested ? sum : a[i]));
            CHECK(flipped_tested[i] == (is_tested ? 31 - low[i] : low[i]));
        }
    });
}

TEST_CASE("bytes are added to lanes of 16 bits and to a sum of 32", "[backend]") {
    for_each_backend([]<class B>() {
        const auto a = random_bytes<B>(8);
        auto even = B::words_zero();
        auto odd = B::words_zero();
        auto wide = B::wide_zero();
        for (int i = 0; i < 257; ++i) {  // 257 * 255 is all that 16 bits hold
            even = B::add_even(even, B::load(a.data()));
            odd = B::add_odd(odd, B::splat(255));
            wide = B::add_bytes(wide, B::load(a.data()));
        }
        std::vector<std::uint16_t> evens(B::bytes / 2), odds(B::bytes / 2);
        B::store_words(evens.data(), even);
        B::store_words(odds.data(), B::add_odd(odd, B::splat(0)));
        std::uint32_t total = 0;
        for (std::size_t i = 0; i < B::bytes; ++i)
            total += 257u * a[i];
        for (std::size_t i = 0; i < B::bytes / 2; ++i) {
            CHECK(evens[i] == 257 * a[2 * i]);
            CHECK(odds[i] == 65535);
        }
        CHECK(B::sum(wide) == total);
        B::store_words(odds.data(), B::add_odd(B::words_zero(), B::load(a.data())));
        for (std::size_t i = 0; i < B::bytes / 2; ++i)
            CHECK(odds[i] == a[2 * i + 1]);
    });
}

/// Codes of at most max_code times activations, `times` times, folded once: what each lane must hold.
template <class B, int Shift>
std::vector<std::int32_t> dot_and_fold(const std::vector<std::uint8_t>& codes, const std::vector<std::uint8_t>& x,
                                       std::size_t times) {
    auto sum = B::narrow_zero();
    for (std::size_t i = 0; i < times; ++i)
        sum = B::dot(sum, B::load(codes.data()), B::load(x.data()));
    std::vector<std::int32_t> start(B::lanes, 1000);
    return stored_wide<B>(B::template fold<Shift>(B::load_wide(start.data()), sum));
}

std::vector<std::int32_t> expected_lanes(const std::vector<std::uint8_t>& codes, const std::vector<std::uint8_t>& x,
                                         std::size_t times, int shift) {
    std::vector<std::int32_t> lanes(codes.size() / 4, 0);
    for (std::size_t i = 0; i < codes.size(); ++i)
        lanes[i / 4] += static_cast<std::int32_t>(times) * codes[i] * static_cast<std::int8_t>(x[i]);
    for (auto& lane : lanes)
        lane = 1000 + (lane >> shift);
    return lanes;
}

TEST_CASE("dot adds four neighbours to a lane", "[backend]") {
    for_each_backend([]<class B>() {
        for (std::uint64_t seed = 1; seed < 20; ++seed) {
            auto codes = random_bytes<B>(seed);
            for (auto& code : codes)
                code = static_cast<std::uint8_t>(code % 3);
            const auto x = random_bytes<B>(seed + 100);
            CHECK(dot_and_fold<B, 0>(codes, x, 1) == expected_lanes(codes, x, 1, 0));
            CHECK(dot_and_fold<B, 0>(codes, x, 5) == expected_lanes(codes, x, 5, 0));
        }
    });
}

TEST_CASE("an accumulator holds as many products as fold_every says", "[backend]") {
    for_each_backend([]<class B>() {
        for (const unsigned max_code : {1u, 2u}) {
            const std::size_t times = std::min<std::size_t>(B::fold_every(max_code), 70000);
            REQUIRE(times > 0);
            const std::vector<std::uint8_t> codes(B::bytes, static_cast<std::uint8_t>(max_code));
            for (const std::uint8_t x : {std::uint8_t{0x80}, std::uint8_t{0x7f}}) {
                const std::vector<std::uint8_t> activations(B::bytes, x);
                CHECK(dot_and_fold<B, 0>(codes, activations, times) == expected_lanes(codes, activations, times, 0));
            }
        }
    });
}

TEST_CASE("a wide accumulator takes codes that stand high in their byte", "[backend]") {
    for_each_backend([]<class B>() {
        if constexpr (B::wide_dot && B::largest_code >= 0x80) {
            const std::vector<std::uint8_t> codes(B::bytes, 0x80);
            const std::vector<std::uint8_t> activations(B::bytes, 0x80);
            const std::size_t times = B::fold_every(128);
            REQUIRE(times == 32768);
            CHECK(dot_and_fold<B, 6>(codes, activations, times - 1) ==
                  expected_lanes(codes, activations, times - 1, 6));
            CHECK(dot_and_fold<B, 6>(codes, activations, times) ==
                  std::vector<std::int32_t>(B::lanes, 1000 + (INT32_MIN >> 6)));
        }
    });
}

TEST_CASE("int32 lanes are added and summed modulo 2^32", "[backend]") {
    for_each_backend([]<class B>() {
        std::vector<std::int32_t> values(B::lanes);
        std::uint32_t total = 0;
        for (std::size_t i = 0; i < B::lanes; ++i) {
            values[i] = i % 2 == 0 ? INT32_MIN + static_cast<std::int32_t>(i) : INT32_MAX - 3;
            total += static_cast<std::uint32_t>(values[i]);
        }
        const auto r = B::load_wide(values.data());
        CHECK(stored_wide<B>(r) == values);
        CHECK(B::sum(r) == total);
        CHECK(B::sum(B::wide_zero()) == 0);
        const auto twice = B::add_wide(r, r);
        CHECK(B::sum4(r, B::wide_zero(), twice, B::add_wide(r, twice)) ==
              std::array<std::uint32_t, 4>{total, 0, 2 * total, 3 * total});
        const auto doubled = stored_wide<B>(B::add_wide(r, r));
        for (std::size_t i = 0; i < B::lanes; ++i)
            CHECK(static_cast<std::uint32_t>(doubled[i]) == 2 * static_cast<std::uint32_t>(values[i]));
    });
}

TEST_CASE("max_magnitude orders NaN above infinity above every number", "[backend]") {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    const float nan = std::bit_cast<float>(0xffc00001u);
    for_each_backend([=]<class B>() {
        for (const float top : {0.0f, -0.0f, 1e-45f, -2.5f, 3e38f, -infinity, nan}) {
            for (std::size_t place = 0; place < B::lanes; ++place) {
                std::vector<float> x(B::lanes, 0.0f);
                x[place] = top;
                const auto peak = B::max_magnitude(B::wide_zero(), B::load_floats(x.data()));
                CHECK(B::reduce_max(peak) == (std::bit_cast<std::uint32_t>(top) & 0x7fffffffu));
                // A larger peak from before stays.
                x[place] = 0;
                CHECK(B::reduce_max(B::max_magnitude(peak, B::load_floats(x.data()))) == B::reduce_max(peak));
            }
        }
    });
}

TEST_CASE("round goes to even, and low bytes are stored without touching what follows", "[backend]") {
    for_each_backend([]<class B>() {
        for (int base = -128; base < 127; ++base) {
            for (const float part : {0.0f, 0.25f, 0.5f, 0.75f}) {
                const float x = static_cast<float>(base) + part;
                std::vector<std::int8_t> q(B::lanes + 1, 55);
                const auto rounded = B::round_to_int(B::splat_float(x));
                B::store_low_bytes(q.data(), rounded);
                const auto expected = static_cast<std::int32_t>(std::nearbyint(x));
                if (stored_wide<B>(rounded) != std::vector<std::int32_t>(B::lanes, expected)) FAIL_CHECK(x);
                std::vector<std::int8_t> bytes(B::lanes, static_cast<std::int8_t>(expected));
                bytes.push_back(55);
                if (q != bytes) FAIL_CHECK(x);
            }
        }
    });
}

TEST_CASE("clamp keeps what lies between the bounds", "[backend]") {
    for_each_backend([]<class B>() {
        for (const std::int32_t value :
             {INT32_MIN, -129, -128, -127, -9, -8, -7, 0, 6, 7, 8, 126, 127, 128, INT32_MAX}) {
            std::vector<std::int32_t> values(B::lanes, 1);
            values[B::lanes - 2] = value;
            auto expected = values;
            expected[B::lanes - 2] = std::clamp(value, -8, 7);
            CHECK(stored_wide<B>(B::clamp(B::load_wide(values.data()), -8, 7)) == expected);
            expected[B::lanes - 2] = std::clamp(value, -128, 127);
            CHECK(stored_wide<B>(B::clamp(B::load_wide(values.data()), -128, 127)) == expected);
        }
    });
}

TEST_CASE("float lanes are multiplied, added and converted", "[backend]") {
    for_each_backend([]<class B>() {
        const auto a = test::random_floats(B::lanes, 3, 1000);
        const auto b = test::random_floats(B::lanes, 4, 1e-3f);
        std::vector<float> product(B::lanes), sum(B::lanes), converted(B::lanes);
        B::store_floats(product.data(), B::multiply(B::load_floats(a.data()), B::load_floats(b.data())));
        B::store_floats(sum.data(), B::add_floats(B::load_floats(a.data()), B::load_floats(b.data())));
        std::vector<std::int32_t> integers(B::lanes);
        for (std::size_t i = 0; i < B::lanes; ++i)
            integers[i] = (i % 2 == 0 ? 1 : -1) * ((1 << 24) + 1 + static_cast<std::int32_t>(i));
        B::store_floats(converted.data(), B::to_floats(B::load_wide(integers.data())));
        for (std::size_t i = 0; i < B::lanes; ++i) {
            CHECK(product[i] == a[i] * b[i]);
            CHECK(sum[i] == a[i] + b[i]);
            CHECK(converted[i] == static_cast<float>(integers[i]));
        }
    });
}

}  // namespace
