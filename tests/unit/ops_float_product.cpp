// The product of float activations, with matrices of every packing and any scales, against float64.

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <ternion/runtime/any_ternary.hpp>
#include <ternion/runtime/tables.hpp>
#include <ternion/ternion.hpp>
#include <vector>

#include "random_data.hpp"
#include "test_executor.hpp"

namespace {

using namespace ternion;
using Floats = std::vector<float>;

/// A matrix of every kind of scales: the tensor's (no `scales`), a row's (0 inputs) or a group's.
struct Weights {
    Shape shape;
    std::vector<std::int8_t> trits;
    Floats scales;
    std::size_t inputs;
    PackedTernary<I2S> packed;

    Weights(Shape size, bool one, std::size_t inputs_of_group)
        : shape(size),
          trits(test::random_trits(size.size(), size.k)),
          scales(one ? Floats{} : Floats(size.n * (inputs_of_group == 0 ? 1 : ceil_div(size.k, inputs_of_group)))),
          inputs(inputs_of_group),
          packed(pack<I2S>(trits, size.n, size.k, one ? 0.75f : 1)) {
        for (std::size_t i = 0; i < scales.size(); ++i)
            scales[i] = 0.25f + static_cast<float>(i % 7) * 0.5f;  // exact in float16
    }

    [[nodiscard]] TernaryBytes bytes() const {
        TernaryBytes w = packed;
        w.scales = scales.empty() ? nullptr : scales.data();
        w.group_inputs = inputs;
        return w;
    }
    [[nodiscard]] double at(std::size_t row, std::size_t k) const {
        const std::size_t groups = inputs == 0 ? 1 : ceil_div(shape.k, inputs);
        const float scale = scales.empty() ? 0.75f : scales[row * groups + (inputs == 0 ? 0 : k / inputs)];
        return static_cast<double>(scale) * trits[row * shape.k + k];
    }
};

/// Whether y is the product of the definition, to half a float's step and double's rounding.
bool agrees(const Weights& w, const Floats& x, std::size_t m, const Floats* residual, const Floats& y) {
    const auto [n, k] = w.shape;
    std::size_t right = 0;
    for (std::size_t i = 0; i < m * n; ++i) {
        double sum = 0, magnitude = 0;
        for (std::size_t c = 0; c < k; ++c) {
            const double product = w.at(i % n, c) * static_cast<double>(x[i / n * k + c]);
            sum += product;
            magnitude += std::fabs(product);
        }
        if (residual != nullptr) sum += static_cast<double>((*residual)[i]);
        right += std::fabs(static_cast<double>(y[i]) - sum) <= 0x1p-24 * std::fabs(sum) + 1e-13 * magnitude;
    }
    return right == m * n;
}

std::vector<Weights> all_weights(Shape shape) {
    std::vector<Weights> all;
    all.emplace_back(shape, true, 0);
    for (const std::size_t inputs : {0, 64, 128, 256})
        all.emplace_back(shape, false, inputs);
    return all;
}

TEST_CASE("float activations: every packing and all scales against float64", "[float_product]") {
    const KernelTable& table = find_kernels<all_packings>();
    std::size_t compared = 0;
    for (const Shape shape : {Shape{1, 1}, Shape{5, 63}, Shape{17, 300}, Shape{4, 1025}}) {
        for (const Weights& w : all_weights(shape)) {
            for (const PackingKernels& kernels : table.packings) {
                // A block holds one scale: those of 64 inputs don't fit into blocks of 256.
                if (w.inputs != 0 && kernels.packing.group_inputs > w.inputs) continue;
                const BitLinear layer(repack_as(kernels, w.bytes()), NoNorm{}, Unquantized{});
                const std::size_t m = shape.k == 300 ? 67 : 2;  // more tokens than are taken at once
                const Floats x = test::random_floats(m * shape.k, 3, 5), before = test::random_floats(m * shape.n, 4);
                Floats y(m * shape.n), sum = before;
                decltype(layer)::Workspace workspace;
                layer.forward(x, m, y, workspace, test::ThreadPool(2));
                layer.forward_add(x, m, sum, workspace);
                INFO(kernels.packing.name << ", " << to_string(shape) << ", scales for " << w.inputs);
                CHECK(agrees(w, x, m, nullptr, y));
                CHECK(agrees(w, x, m, &before, sum));
                ++compared;
            }
        }
    }
    CHECK(compared > 4 * 5 * 8);
}

TEST_CASE("float activations: matrices by type, row by row and in 16 bits", "[float_product]") {
    const Weights w({9, 200}, false, 64);
    const Floats x = test::random_floats(3 * 200, 5, 2);
    FloatActivations activations;
    quantize(Unquantized{}, x, 3, 200, activations);
    const ScaledTernary<I2S> scaled(w.packed, w.scales, 64);
    Floats y(27);
    gemm(scaled, activations, std::span(y));
    CHECK(agrees(w, x, 3, nullptr, y));

    std::vector<Float16> half(27);
    gemm(scaled, activations, std::span(half));
    for (std::size_t i = 0; i < half.size(); ++i)
        CHECK(static_cast<float>(half[i]) == static_cast<float>(Float16(y[i])));

    Floats part(27, -1);
    multiply(scaled.view(), activations, {2, 5}, Output<float>{part.data(), 9});
    for (std::size_t i = 0; i < part.size(); ++i)
        CHECK(part[i] == (i % 9 >= 2 && i % 9 < 5 ? y[i] : -1));

    // Scales of rows beside the matrix take the place of its own.
    const Weights rows({9, 200}, false, 0);
    multiply(pack<TQ1_0>(rows.trits, 9, 200, 99).view(), activations, {0, 9},
             Output<float>{y.data(), 9, nullptr, 0, rows.scales.data()});
    CHECK(agrees(rows, x, 3, nullptr, y));
}

}  // namespace
