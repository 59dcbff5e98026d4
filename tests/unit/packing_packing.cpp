// What every packing must do, whatever its layout: the concept's promises on every shape.

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <new>
#include <numeric>
#include <string>
#include <ternion/ternion.hpp>
#include <vector>

#include "kernels.hpp"
#include "random_data.hpp"

namespace {

using namespace ternion;

constexpr std::size_t edges[] = {1, 2, 3, 7, 15, 16, 17, 31, 33, 63, 64, 65, 127, 128, 129, 255, 257};

/// Calls f.operator()<P>() for every packing.
template <class F>
void for_each_packing(F&& f) {
    std::size_t count = 0;
    for_each_type(test::packings{}, [&]<class P>(std::type_identity<P>) {
        INFO(P::name);
        f.template operator()<P>();
        ++count;
    });
    CHECK(count == test::packings::size);
    CHECK(count > 0);
}

std::vector<std::uint8_t> random_codes(std::size_t count, std::uint64_t seed) {
    const auto trits = test::random_trits(count, seed);
    std::vector<std::uint8_t> codes(count);
    std::transform(trits.begin(), trits.end(), codes.begin(),
                   [](int trit) { return static_cast<std::uint8_t>(trit + 1); });
    return codes;
}

/// Packs through stripes, last one first, into memory that holds `before`.
template <Packing P>
std::vector<std::byte> pack_stripes(Shape shape, const std::vector<std::uint8_t>& codes, std::byte before) {
    std::vector<std::byte> bytes(P::bytes(shape), before);
    for (std::size_t stripe = stripe_count<P>(shape); stripe-- > 0;) {
        std::vector<std::uint8_t> rows;
        for (std::size_t i = 0; i < rows_in_stripe<P>(shape, stripe); ++i) {
            const auto row = codes.begin() + static_cast<std::ptrdiff_t>(stripe_row<P>(shape, stripe, i) * shape.k);
            rows.insert(rows.end(), row, row + static_cast<std::ptrdiff_t>(shape.k));
        }
        P::pack_stripe(shape, stripe, rows.data(), bytes.data());
    }
    return bytes;
}

TEST_CASE("stripes are a partition of the rows", "[packing]") {
    for_each_packing([]<class P>() {
        for (const std::size_t n : edges) {
            for (const std::size_t k : edges) {
                const Shape shape{n, k};
                std::vector<int> seen(n, 0);
                for (std::size_t stripe = 0; stripe < stripe_count<P>(shape); ++stripe) {
                    for (std::size_t i = 0; i < rows_in_stripe<P>(shape, stripe); ++i)
                        ++seen.at(stripe_row<P>(shape, stripe, i));
                }
                if (seen != std::vector<int>(n, 1)) FAIL_CHECK(to_string(shape));
            }
        }
    });
}

TEST_CASE("packing writes every byte, and each stripe its own", "[packing]") {
    for_each_packing([]<class P>() {
        for (const std::size_t n : edges) {
            for (const std::size_t k : edges) {
                const auto codes = random_codes(n * k, n + 1000 * k);
                // Two different fillings underneath: a byte that isn't written keeps them apart.
                if (pack_stripes<P>({n, k}, codes, std::byte{0xaa}) !=
                    pack_stripes<P>({n, k}, codes, std::byte{0x55})) {
                    FAIL_CHECK(n << " x " << k);
                }
            }
        }
    });
}

TEST_CASE("what was packed is unpacked", "[packing]") {
    for_each_packing([]<class P>() {
        for (const std::size_t n : edges) {
            for (const std::size_t k : edges) {
                const auto codes = random_codes(n * k, n + 999 * k);
                const auto bytes = pack_stripes<P>({n, k}, codes, std::byte{0xff});
                std::vector<std::uint8_t> unpacked(n * k);
                for (std::size_t row = 0; row < n; ++row)
                    P::unpack({n, k}, bytes.data(), row, 0, k, unpacked.data() + row * k);
                if (unpacked != codes) FAIL_CHECK(n << " x " << k);
            }
        }
    });
}

TEST_CASE("any segment of a row is unpacked, and nothing is written behind it", "[packing]") {
    for_each_packing([]<class P>() {
        for (const Shape shape : {Shape{5, 45}, Shape{18, 130}, Shape{3, 300}}) {
            const auto codes = random_codes(shape.size(), shape.k);
            const auto bytes = pack_stripes<P>(shape, codes, std::byte{0xff});
            const std::size_t row = shape.n - 1;
            for (std::size_t k = 0; k <= shape.k; ++k) {
                for (std::size_t count = 0; count <= shape.k - k; count += 1 + count / 8) {
                    std::vector<std::uint8_t> segment(count + 1, 77);
                    P::unpack(shape, bytes.data(), row, k, count, segment.data());
                    const auto first = codes.begin() + static_cast<std::ptrdiff_t>(row * shape.k + k);
                    std::vector<std::uint8_t> expected(first, first + static_cast<std::ptrdiff_t>(count));
                    expected.push_back(77);
                    if (segment != expected) FAIL_CHECK(to_string(shape) << ", " << count << " from column " << k);
                }
            }
        }
    });
}

TEST_CASE("bits per weight are what large matrices take", "[packing]") {
    for_each_packing([]<class P>() {
        const Shape shape{1280, 3840};  // a multiple of all blocks: 256, 320, 20, 24
        const double bits = static_cast<double>(P::bytes(shape)) * 8 / static_cast<double>(shape.size());
        CHECK_THAT(bits, Catch::Matchers::WithinRel(P::bits_per_weight, 1e-12));
        CHECK(P::bits_per_weight > 1.58);
        CHECK(P::bytes({1, 1}) >= 1);
        // Beyond 32 bits.
        const Shape huge{std::size_t{1280} << 12, std::size_t{3840} << 2};
        CHECK(P::bytes(huge) == P::bytes(shape) << 14);
    });
}

/// The trits that 256 matrices, each filled with one byte, hold; false where a code is none.
template <Packing P>
bool decode(Shape shape, const std::vector<std::byte>& bytes, std::vector<std::int8_t>& trits, std::string& place) {
    std::vector<std::uint8_t> codes(shape.k);
    for (std::size_t n = 0; n < shape.n; ++n) {
        P::unpack(shape, bytes.data(), n, 0, shape.k, codes.data());
        for (std::size_t k = 0; k < shape.k; ++k) {
            if (codes[k] > 2) {
                place = "row " + std::to_string(n) + ", column " + std::to_string(k);
                return false;
            }
            trits[n * shape.k + k] = static_cast<std::int8_t>(codes[k] - 1);
        }
    }
    return true;
}

/// A byte that holds codes and no padding: a block may begin with its scale.
template <Packing P>
constexpr std::size_t first_code = BlockScaledPacking<P> ? 2 : 0;

/// A shape in which that byte's codes are all of the matrix: layouts of whole units pad the last one.
template <Packing P>
constexpr Shape shape_of_whole_bytes() {
    if constexpr (requires { P::unit_outputs; }) {
        return {P::unit_outputs + 1, 3};
    } else if constexpr (requires { P::unit_inputs; }) {
        return {3, P::unit_inputs + 11};
    } else {
        return {17, 131};
    }
}

TEST_CASE("borrow takes exactly the bytes that encode trits, and packing gives the same bytes back", "[packing]") {
    for_each_packing([]<class P>() {
        constexpr Shape shape = shape_of_whole_bytes<P>();
        std::size_t valid = 0;
        for (int value = 0; value < 256; ++value) {
            INFO("byte " << value);
            std::vector<std::byte> bytes(P::bytes(shape), static_cast<std::byte>(value));
            if constexpr (BlockScaledPacking<P>) {
                for (std::size_t i = 0; i < shape.n * ceil_div(shape.k, P::group_inputs); ++i)
                    P::set_scale(shape, bytes.data(), i % shape.n, i / shape.n, 1);
            }
            std::vector<std::int8_t> trits(shape.size());
            std::string place;
            if (decode<P>(shape, bytes, trits, place)) {
                ++valid;
                CHECK_NOTHROW(borrow<P>(bytes, shape.n, shape.k));
                const auto repacked = pack<P>(trits, shape.n, shape.k);
                CHECK(repacked.bytes()[first_code<P>] == bytes[first_code<P>]);
            } else {
                CHECK_THROWS_AS(borrow<P>(bytes, shape.n, shape.k), std::invalid_argument);
            }
        }
        CHECK(valid >= 2);
        // One byte everywhere makes two equal planes, and those hold trits whatever the byte is.
        if constexpr (!requires { P::has_zeros; }) CHECK(valid < 256);
    });
}

TEST_CASE("a matrix of more than 2^32 weights is indexed in 64 bits", "[packing]") {
    const Shape shape{65536, 65536 + 19};
    const std::size_t row = shape.n - 1;
    const auto trits = test::random_trits(shape.k, 5);
    const auto q = test::random_activations(shape.k, 6);
    std::int32_t expected = 0;
    reference_gemm(trits, 1, shape.k, q, 1, {&expected, 1});
    std::int32_t q_sum = 0;
    for (const std::int8_t value : q)
        q_sum += value;
    const ActivationView x{q.data(), 1, shape.k, shape.k, nullptr, &q_sum};
    std::size_t tried = 0;
    for_each_packing([&]<class P>() {
        // Only the last stripe is touched, so that most of the memory stays virtual.
        const auto bytes = AlignedBuffer<std::byte>::uninitialized(P::bytes(shape));
        const std::size_t stripe = stripe_count<P>(shape) - 1;
        std::vector<std::uint8_t> codes(rows_in_stripe<P>(shape, stripe) * shape.k, 1);
        std::transform(trits.begin(), trits.end(), codes.end() - static_cast<std::ptrdiff_t>(shape.k),
                       [](int trit) { return static_cast<std::uint8_t>(trit + 1); });
        P::pack_stripe(shape, stripe, codes.data(), const_cast<std::byte*>(bytes.data()));
        test::Erased<Serial> serial;
        for (const test::Kernel& kernel : test::all_kernels()) {
            if (kernel.packing != P::name) continue;
            std::vector<std::int32_t> y(shape.n, 0);
            kernel.multiply_int32({shape, bytes.data()}, x, {row, row + 1}, {y.data(), shape.n}, serial);
            if (y[row] != expected) FAIL_CHECK(kernel.name() << ": " << y[row] << ", not " << expected);
            ++tried;
        }
    });
    CHECK(tried == test::kernel_count);
}

}  // namespace
