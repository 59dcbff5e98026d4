// The products of sparse, one-bit and split activations: exact integers, by their special kernels and without.

#include <catch2/catch_test_macros.hpp>
#include <ternion/ternion.hpp>
#include <vector>

#include "product.hpp"
#include "random_data.hpp"

namespace {

using namespace ternion;
using Codes = std::vector<std::int8_t>;

/// A policy that takes floats as the integers they are.
struct Integers {
    template <class Arch>
    static TokenScale quantize_token(const float* x, std::size_t k, std::int8_t* q) noexcept {
        std::int32_t sum = 0;
        for (std::size_t i = 0; i < k; ++i)
            sum += q[i] = static_cast<std::int8_t>(x[i]);
        return {0.5f, sum};
    }
};

template <class Activations>
Activations quantised(const Codes& q, std::size_t m, std::size_t k) {
    const std::vector<float> x(q.begin(), q.end());
    Activations activations;
    quantize(Integers{}, x, m, k, activations);
    return activations;
}

/// gemm with P on every arch, and a part of the rows on several threads.
template <class P, class Activations>
void check(const test::Product& product, std::size_t m, const Activations& x) {
    const std::size_t n = product.shape.n, k = product.shape.k;
    const auto w = pack<P>(product.trits, n, k);
    std::size_t archs = 0;
    for_each_type(all_archs{}, [&]<class Arch>(std::type_identity<Arch>) {
        std::vector<std::int32_t> y(m * n, test::poison), part(m * n, test::poison);
        gemm<Arch>(w, x, std::span(y));
        const RowRange rows{n / 3, n - n / 4};
        multiply<Arch>(w.view(), x, rows, Output<std::int32_t>{part.data(), n}, test::ThreadPool(3));
        bool right = y == product.expected;
        for (std::size_t i = 0; i < m * n; ++i)
            right = right && part[i] == (i % n >= rows.begin && i % n < rows.end ? y[i] : test::poison);
        if (!right) FAIL_CHECK(P::name << " on " << backend_of<Arch>::name << ", " << n << "x" << k << ", M=" << m);
        ++archs;
    });
    CHECK(archs == all_archs::size);
}

Codes with_zeros(Codes q, unsigned percent, std::size_t run) {
    test::Random random(q.size() + percent);
    for (std::size_t i = 0; i < q.size(); i += run) {
        if (random.below(100) < percent)
            std::fill_n(q.begin() + static_cast<std::ptrdiff_t>(i), std::min(run, q.size() - i), std::int8_t{0});
    }
    return q;
}

TEST_CASE("blocks of zeros are skipped, and the integers are exact", "[sparse]") {
    for (const Shape shape : {Shape{1, 1}, Shape{3, 66}, Shape{65, 129}, Shape{83, 1100}, Shape{150, 2306}}) {
        for (const std::size_t m : {1, 3}) {
            for (const unsigned percent : {0u, 50u, 80u, 95u, 100u}) {
                const auto q =
                    with_zeros(test::random_activations(m * shape.k, shape.k), percent, percent == 80 ? 8 : 1);
                const test::Product product(shape, m, test::random_trits(shape.size(), 3), q);
                check<Interleaved2x16>(product, m, quantised<SparseActivations>(q, m, shape.k));
            }
        }
    }
}

TEST_CASE("sparse sums are exact at their extremes", "[sparse]") {
    for (const int trit : {-1, 1}) {
        for (const int value : {-128, 127}) {
            Codes q(6912, 0);
            for (std::size_t i = 0; i < q.size(); ++i)
                if (i % 1024 < 512 || i > 6900) q[i] = static_cast<std::int8_t>(value);
            const test::Product product({18, 6912}, 1, Codes(18 * 6912, static_cast<std::int8_t>(trit)), q);
            check<Interleaved2x16>(product, 1, quantised<SparseActivations>(q, 1, 6912));
        }
    }
}

TEST_CASE("the index names the blocks that aren't zero", "[sparse]") {
    Codes q(15, 0);
    q[3] = 1;
    q[8] = -1;
    q[14] = 5;
    const auto x = quantised<SparseActivations>(q, 1, 15);
    CHECK(std::vector<std::uint32_t>(x.blocks(0).begin(), x.blocks(0).end()) == std::vector<std::uint32_t>{0, 2, 3});
    CHECK(quantised<SparseActivations>(Codes(15, 0), 1, 15).blocks(0).empty());
}

TEST_CASE("skipping is for few blocks of a token that isn't too long", "[sparse]") {
    CHECK(worth_skipping(quantised<SparseActivations>(Codes(100, 0), 1, 100)));
    CHECK_FALSE(worth_skipping(quantised<SparseActivations>(Codes(100, 1), 1, 100)));
    CHECK_FALSE(worth_skipping(quantised<SparseActivations>(Codes(65540, 0), 1, 65540)));
    const auto dense = quantised<SparseActivations>(with_zeros(Codes(40000, 1), 45, 4), 1, 40000);
    REQUIRE(dense.blocks(0).size() < 6000);
    CHECK_FALSE(worth_skipping(dense));  // more than can be sorted on the stack
    const Codes q = with_zeros(test::random_activations(65536, 1), 99, 4);
    const test::Product product({17, 65536}, 1, test::random_trits(17 * 65536, 3), q);
    const auto x = quantised<SparseActivations>(q, 1, 65536);
    CHECK(worth_skipping(x));
    check<Interleaved2x16>(product, 1, x);
}

TEST_CASE("signs times planes of bits are exact", "[sign_activations]") {
    for (const Shape shape : {Shape{1, 1}, Shape{3, 63}, Shape{5, 64}, Shape{37, 65}, Shape{18, 1030}}) {
        for (const std::size_t m : {1, 2, 5}) {
            const auto q = test::random_signs(m * shape.k, shape.k);
            const auto x = quantised<SignActivations>(q, m, shape.k);
            const test::Product ternary(shape, m, test::random_trits(shape.size(), 3), q);
            check<BitPlanes>(ternary, m, x);
            check<I2S>(ternary, m, x);
            check<Interleaved2x16>(ternary, m, x);
            check<Binary>(test::Product(shape, m, test::random_signs(shape.size(), 4), q), m, x);
        }
    }
    const Codes minus(6912, -1);
    check<Binary>(test::Product({3, 6912}, 1, Codes(3 * 6912, -1), minus), 1,
                  quantised<SignActivations>(minus, 1, 6912));
    check<BitPlanes>(test::Product({3, 6912}, 1, Codes(3 * 6912, 1), minus), 1,
                     quantised<SignActivations>(minus, 1, 6912));
}

TEST_CASE("signs times borrowed planes whose padding holds anything", "[sign_activations]") {
    const auto check_packing = [&]<class P>(std::type_identity<P>) {
        constexpr std::size_t n = 3, k = 70, m = 2;
        const Codes trits = test::random_signs(n * k, 5);
        const auto x = quantised<SignActivations>(test::random_signs(m * k, 6), m, k);
        const auto w = pack<P>(trits, n, k);
        std::vector<std::int32_t> expected(m * n), found(m * n);
        gemm(w, x, std::span(expected));
        std::vector<std::byte> bytes(w.bytes().begin(), w.bytes().end());
        const std::size_t row_bytes = P::row_bytes({n, k});
        for (std::size_t row = 0; row < n; ++row) {
            for (std::size_t bit = k; bit < row_bytes / P::block_bytes * 64; ++bit) {
                for (std::size_t plane = 0; plane < P::block_bytes / 8; ++plane)
                    bytes[row * row_bytes + bit / 64 * P::block_bytes + plane * 8 + bit % 64 / 8] |= std::byte{1}
                                                                                                     << bit % 8;
            }
        }
        CHECK(bytes != std::vector<std::byte>(w.bytes().begin(), w.bytes().end()));
        gemm(borrow<P>(bytes, n, k), x, std::span(found));
        CHECK(found == expected);
    };
    for_each_type(type_list<BitPlanes, Binary>{}, check_packing);
}

TEST_CASE("signs are integers and bits, and sums are of -1 and +1", "[sign_activations]") {
    SignActivations x;
    std::vector<float> values = test::random_floats(2 * 70, 5);
    values[3] = 0;
    values[4] = -0.0f;
    quantize(Sign{}, values, 2, 70, x);
    for (std::size_t m = 0; m < 2; ++m) {
        std::int32_t sum = 0;
        for (std::size_t i = 0; i < 70; ++i) {
            const int sign = values[m * 70 + i] < 0 ? -1 : 1;
            CHECK(x.row(m)[i] == sign);
            CHECK((x.bits(m)[i / 64] >> i % 64 & 1) == (sign < 0 ? 1u : 0u));
            sum += sign;
        }
        CHECK(x.sum(m) == sum);
    }
    CHECK((x.bits(0)[1] >> 6) == 0);
}

TEST_CASE("split parts add up to the token, each zero where the other isn't", "[split]") {
    const std::size_t k = 200;
    const auto x = test::random_floats(2 * k, 6);
    SplitActivations split;
    quantize(SplitOutliers<10, 64>{}, x, 2, k, split);
    REQUIRE((split.tokens() == 2 && split.inputs() == k));
    REQUIRE((split.large.group_inputs() == 64 && split.rest.group_inputs() == 64));
    std::size_t large = 0;
    for (std::size_t i = 0; i < k; ++i) {
        const std::size_t group = 4 + i / 64;
        const int a = split.large.row(1)[i], b = split.rest.row(1)[i];
        CHECK((a == 0 || b == 0));
        large += a != 0;
        const float scale_large = split.large.view().group_scales[group];
        const float scale_rest = split.rest.view().group_scales[group];
        const float value = scale_large * static_cast<float>(a) + scale_rest * static_cast<float>(b);
        CHECK(std::fabs(value - x[k + i]) <= 0.5f * scale_rest + 1e-6f);
        CHECK(split.large.value(1, i) + split.rest.value(1, i) == value);
    }
    CHECK(large == 20);
}

}  // namespace
