#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <ternion/ternion.hpp>
#include <utility>
#include <vector>

#include "random_data.hpp"

namespace {

using namespace ternion;

constexpr Shape shape{18, 37};

template <class P>
std::vector<std::int8_t> trits_of(const PackedTernary<P>& packed) {
    std::vector<std::int8_t> trits(packed.shape().size());
    packed.unpack(trits);
    return trits;
}

TEST_CASE("a packed matrix is copied with its bytes and moved without", "[packed_ternary]") {
    for_each_type(all_packings{}, []<class P>(std::type_identity<P>) {
        INFO(P::name);
        const auto trits = test::random_trits(shape.size(), 1);
        auto original = pack<P>(trits, shape.n, shape.k, 2);
        const std::byte* memory = original.bytes().data();

        auto copy = original;
        CHECK(copy == original);
        CHECK(copy.bytes().data() != memory);

        auto moved = std::move(original);
        CHECK(moved.bytes().data() == memory);
        CHECK(moved == copy);

        copy = pack<P>(std::vector<std::int8_t>(6, 1), 2, 3);
        CHECK(copy.shape() == Shape{2, 3});
        copy = std::move(moved);
        CHECK(trits_of(copy) == trits);
    });
}

TEST_CASE("matrices are equal that have the same shape, scale and trits", "[packed_ternary]") {
    for_each_type(all_packings{}, []<class P>(std::type_identity<P>) {
        INFO(P::name);
        auto trits = test::random_trits(shape.size(), 2);
        const auto matrix = pack<P>(trits, shape.n, shape.k, 2);
        CHECK(matrix == pack<P>(trits, shape.n, shape.k, 2));
        CHECK(matrix != pack<P>(trits, shape.n, shape.k, 3));
        CHECK(matrix != pack<P>(trits, shape.k, shape.n, 2));
        trits.back() = static_cast<std::int8_t>(trits.back() == 1 ? 0 : 1);
        CHECK(matrix != pack<P>(trits, shape.n, shape.k, 2));
    });
}

TEST_CASE("a view shares the matrix's memory", "[packed_ternary]") {
    const auto packed = pack<I2S>(test::random_trits(shape.size(), 3), shape.n, shape.k, 2);
    const TernaryView<I2S> view = packed;
    CHECK(view.data() == packed.bytes().data());
    CHECK(view.shape() == shape);
    CHECK(view.rows() == shape.n);
    CHECK(view.cols() == shape.k);
    CHECK(view.scale() == 2);
    CHECK(view.view().data() == view.data());
    CHECK(packed.transpose().matrix.data() == view.data());
    CHECK(view.transpose().matrix.shape() == shape);
}

TEST_CASE("unpacking wants room for every trit, and no more", "[packed_ternary]") {
    const auto packed = pack<Interleaved2x16>(test::random_trits(shape.size(), 4), shape.n, shape.k);
    for (const std::size_t size : {std::size_t{0}, shape.size() - 1, shape.size() + 1}) {
        std::vector<std::int8_t> trits(size, 9);
        CHECK_THROWS_MATCHES(packed.unpack(trits), std::invalid_argument,
                             Catch::Matchers::MessageMatches(Catch::Matchers::ContainsSubstring(
                                 "18 x 37 has 666 trits, not " + std::to_string(size))));
        CHECK(trits == std::vector<std::int8_t>(size, 9));
    }
}

TEST_CASE("bytes that are packed already become a matrix as they are", "[packed_ternary]") {
    const auto packed = pack<I2S>(test::random_trits(shape.size(), 5), shape.n, shape.k, 7);
    AlignedBuffer<std::byte> bytes(packed.bytes().size());
    std::copy(packed.bytes().begin(), packed.bytes().end(), bytes.begin());
    CHECK(PackedTernary<I2S>(shape, std::move(bytes), 7) == packed);
}

}  // namespace
