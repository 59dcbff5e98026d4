// A packing written outside the library, against the public interface only: the example of docs/adding_a_packing.md.

#include <catch2/catch_test_macros.hpp>
#include <ternion/ternion.hpp>

#include "random_data.hpp"

namespace {

struct Nibbles {
    static constexpr std::string_view name = "nibbles";
    static constexpr double bits_per_weight = 4.0;

    static constexpr std::size_t bytes(ternion::Shape s) noexcept { return s.n * ternion::ceil_div(s.k, 2); }

    // Rows whose bytes belong to them alone are packed together; stripes are packed in parallel.
    static constexpr std::size_t stripe_rows(ternion::Shape) noexcept { return 1; }

    static TERNION_INLINE void pack_stripe(ternion::Shape s, std::size_t row, const std::uint8_t* codes,
                                           std::byte* data) noexcept {
        std::byte* out = data + row * ternion::ceil_div(s.k, 2);
        for (std::size_t k = 0; k < s.k; k += 2) {
            const unsigned high = k + 1 < s.k ? codes[k + 1] : 1u;  // padding is a zero trit
            out[k / 2] = static_cast<std::byte>(codes[k] | high << 4);
        }
    }

    static TERNION_INLINE void unpack(ternion::Shape s, const std::byte* data, std::size_t row, std::size_t k,
                                      std::size_t count, std::uint8_t* codes) noexcept {
        const std::byte* in = data + row * ternion::ceil_div(s.k, 2);
        for (std::size_t i = 0; i < count; ++i, ++k) {
            codes[i] = std::to_integer<std::uint8_t>((in[k / 2] >> (k % 2 * 4)) & std::byte{15});
        }
    }
};

static_assert(ternion::Packing<Nibbles>);
static_assert(ternion::kernel_path<Nibbles> == ternion::KernelPath::unpack);

}  // namespace

TEST_CASE("a packing from outside the library multiplies any shape on every arch") {
    std::size_t products = 0;
    for (const auto& [n, k, m] : {std::array<std::size_t, 3>{1, 1, 1}, {5, 7, 3}, {17, 129, 2}, {33, 300, 70}}) {
        const auto trits = test::random_trits(n * k, n);
        const auto q = test::random_activations(m * k, k);
        const auto w = ternion::pack<Nibbles>(trits, n, k);
        std::vector<std::int32_t> expected(m * n);
        ternion::reference_gemm(trits, n, k, q, m, expected);
        ternion::for_each_type(ternion::all_archs{}, [&, tokens = m](auto arch) {
            std::vector<std::int32_t> y(expected.size(), -1);
            ternion::gemm<typename decltype(arch)::type>(w, q, tokens, y);
            CHECK(y == expected);
            ++products;
        });
    }
    CHECK(products == 4 * ternion::all_archs::size);
}

TEST_CASE("a packing from outside the library is repacked like any other") {
    const auto trits = test::random_trits(std::size_t{19} * 131, 3);
    const auto w = ternion::pack<Nibbles>(trits, 19, 131, 0.25f);
    ternion::for_each_type(ternion::all_packings{}, [&](auto packing) {
        using P = typename decltype(packing)::type;
        INFO(P::name);
        CHECK(ternion::repack<P>(w) == ternion::pack<P>(trits, 19, 131, 0.25f));
        CHECK(ternion::repack<Nibbles>(ternion::pack<P>(trits, 19, 131, 0.25f)) == w);
    });
}

TEST_CASE("a packing from outside the library refuses codes that are no trits") {
    const std::vector<std::byte> bytes(Nibbles::bytes({2, 3}), std::byte{0x31});
    REQUIRE_THROWS_AS(ternion::borrow<Nibbles>(bytes, 2, 3), std::invalid_argument);
}
