// Layers of every activation policy, with a packing of each kind of product: the build's arch gives the bits of the
// scalar one with Int8 weights. tests/unit has every packing, on every arch of a build.

#include <string>
#include <vector>

#include "../unit/random_data.hpp"
#include "isa_tests.hpp"
#include "packing_checks.hpp"

namespace isa {

namespace {

using namespace ternion;
using Floats = std::vector<float>;

/// Every third dozen of inputs is zero, and one in fifty large.
Floats tokens(std::size_t m, std::size_t k) {
    Floats x = test::random_floats(m * k, k, 2);
    for (std::size_t i = 0; i < x.size(); ++i) {
        if (i % 50 == 7) x[i] *= 20;
        if (i / 12 % 3 == 1) x[i] = 0;
    }
    return x;
}

template <class P, class Policy, class Arch>
Floats forward(Shape shape, std::size_t m, const Floats& x) {
    const BitLinear<PackedTernary<P>, Policy, NoNorm, Arch> layer(
        pack<P>(test::random_signs(shape.size(), shape.n), shape.n, shape.k, w_scale));
    typename BitLinear<PackedTernary<P>, Policy, NoNorm, Arch>::Workspace workspace;
    Floats y(m * shape.n);
    layer.forward(x, m, y, workspace);
    return y;
}

template <class Policy>
void check_policy(Report& report, const std::string& policy) {
    for (const Shape shape : {Shape{1, 1}, Shape{37, 90}, Shape{18, 257}, Shape{35, 1100}}) {
        for (const std::size_t m : {std::size_t{1}, std::size_t{5}}) {
            const Floats x = tokens(m, shape.k);
            const Floats expected = forward<Int8, Policy, Scalar>(shape, m, x);
            for_each_type(type_list<Int8, Interleaved2x16, BitPlanes, Binary>{}, [&]<class P>(std::type_identity<P>) {
                const Floats y = forward<P, Policy, default_arch>(shape, m, x);
                report.check(same_bits<float>(y, expected),
                             "layer of " + std::string(P::name) + " x " + policy + ", K=" + std::to_string(shape.k));
            });
        }
    }
}

}  // namespace

void check_family(Report& report) {
    check_policy<Absmax<8, 128>>(report, "Absmax<8, 128>");
    check_policy<AbsmeanInt4>(report, "AbsmeanInt4");
    check_policy<TopK<>>(report, "TopK<>");
    check_policy<Sparse<>>(report, "Sparse<>");
    check_policy<SplitOutliers<5>>(report, "SplitOutliers<5>");
    check_policy<SplitOutliers<5, 64>>(report, "SplitOutliers<5, 64>");
    check_policy<Grouped<Absmax<8>, 64>>(report, "Grouped<Absmax<8>, 64>");
    check_policy<Hadamard<Absmax<4>>>(report, "Hadamard<Absmax<4>>");
    check_policy<Sign>(report, "Sign");
    check_policy<PerTensor<Absmax<8, 128>>>(report, "PerTensor<Absmax<8, 128>>");
    check_policy<PerTensor<AbsmeanInt4>>(report, "PerTensor<AbsmeanInt4>");
}

}  // namespace isa
