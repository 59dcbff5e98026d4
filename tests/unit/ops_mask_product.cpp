// The kernel of masks on every arch, also where unpacked rows are faster and products take those.

#include <catch2/catch_test_macros.hpp>
#include <ternion/ternion.hpp>
#include <vector>

#include "product.hpp"
#include "random_data.hpp"

namespace {

using namespace ternion;

template <class P, class Arch>
void check(const test::Product& product) {
    const auto [n, k] = product.shape;
    const auto w = pack<P>(product.trits, n, k);
    for (const std::size_t m : {1, 2, 7}) {
        const auto x = product.x.view(m);
        std::vector<std::int32_t> y(m * n, test::poison);
        const Output<std::int32_t> out{y.data(), n};
        const Results results(out, w.scale(), x);
        MaskProduct<backend_of<Arch>, P, 7>(w.view(), x, results).run({0, n});
        const auto expected = std::span(product.expected).subspan(0, m * n);
        if (!test::first_difference(y, expected).empty()) {
            FAIL_CHECK(P::name << " on " << backend_of<Arch>::name << ", " << n << " x " << k << ", M=" << m << ": "
                               << test::first_difference(y, expected));
        }
    }
}

TEST_CASE("additions under masks are exact on every arch", "[mask]") {
    std::size_t archs = 0;
    for_each_type(all_archs{}, [&]<class Arch>(std::type_identity<Arch>) {
        for (const Shape shape :
             {Shape{1, 1}, Shape{3, 63}, Shape{4, 64}, Shape{5, 65}, Shape{7, 200}, Shape{18, 1030}}) {
            const auto q = test::random_activations(7 * shape.k, shape.k);
            check<BitPlanes, Arch>({shape, 7, test::random_trits(shape.size(), 1), q});
            check<Binary, Arch>({shape, 7, test::random_signs(shape.size(), 2), q});
        }
        for (const int q : {-128, 127}) {
            const std::vector<std::int8_t> x(7 * 6912, static_cast<std::int8_t>(q));
            for (const int trit : {-1, 0, 1})
                check<BitPlanes, Arch>(
                    {{2, 6912}, 7, std::vector<std::int8_t>(2 * 6912, static_cast<std::int8_t>(trit)), x});
        }
        ++archs;
    });
    CHECK(archs == all_archs::size);
}

}  // namespace
