// Hot paths allocate nothing: once the workspace has seen a batch, no call to operator new.

#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <ternion/ternion.hpp>
#include <vector>

#include "allocation_count.hpp"
#include "kernels.hpp"
#include "product.hpp"
#include "random_data.hpp"

namespace {

using namespace ternion;

constexpr std::size_t n = 70, k = 300, m = 150;

/// How many allocations a call makes.
template <class F>
std::size_t allocations_of(F&& f) {
    const std::size_t before = test::allocation_count();
    f();
    return test::allocation_count() - before;
}

/// A compiler may leave out an allocation that nobody looks at.
void look_at(const void* memory) {
    [[maybe_unused]] static const void* volatile seen = nullptr;
    seen = memory;
}

TEST_CASE("allocations are counted", "[allocation]") {
    CHECK(allocations_of([] { look_at(std::vector<int>(10).data()); }) == 1);
    CHECK(allocations_of([] { look_at(AlignedBuffer<float>(10).data()); }) == 1);
    CHECK(allocations_of([] { look_at(AlignedBuffer<float>(PageMemory::huge_page).data()); }) == 1);
    CHECK(allocations_of([] { look_at(std::make_unique<int[]>(5).get()); }) == 1);
    CHECK(allocations_of([] {}) == 0);
}

TEST_CASE("no kernel allocates, at any batch", "[allocation]") {
    const auto product = test::Product::random({n, k}, m, 1);
    test::Erased<Serial> serial;
    std::vector<std::int32_t> sums(m * n);
    std::vector<float> y(m * n);
    std::size_t tried = 0;
    for (const test::Kernel& kernel : test::all_kernels()) {
        const auto packed = kernel.pack(product.trits, product.shape);
        for (const std::size_t tokens : {std::size_t{1}, std::size_t{4}, std::size_t{20}, m}) {
            INFO(kernel.name() << ", M=" << tokens);
            const auto x = product.x.view(tokens);
            CHECK(allocations_of([&] {
                      kernel.multiply_int32({{n, k}, packed.data()}, x, {0, n}, {sums.data(), n}, serial);
                      kernel.multiply_float({{n, k}, packed.data()}, x, {0, n}, {y.data(), n}, serial);
                  }) == 0);
        }
        ++tried;
    }
    CHECK(tried == test::kernel_count);
}

TEST_CASE("gemv and gemm allocate nothing where they say so", "[allocation]") {
    const auto w = pack<Interleaved2x16>(test::random_trits(n * k, 2), n, k);
    const auto q = test::random_activations(k, 3);
    std::vector<std::int32_t> sums(n);
    CHECK(allocations_of([&] { gemv(w, q, sums); }) == 0);

    const auto x = test::random_floats(m * k, 4);
    QuantizedActivations activations;
    quantize(Absmax<8>{}, x, m, k, activations);
    std::vector<float> y(m * n);
    std::vector<BFloat16> half(m * n);
    CHECK(allocations_of([&] {
              quantize(Absmax<8>{}, x, m, k, activations);
              gemm(w, activations, std::span(y));
              gemm(w, activations, std::span(half));
          }) == 0);
    // A smaller batch fits where the larger one was.
    CHECK(allocations_of([&] { quantize(Absmax<8>{}, std::span(x).first(k), 1, k, activations); }) == 0);
#if defined(_OPENMP)
    const OpenMP openmp(2);
    quantize(Absmax<8>{}, x, m, k, activations, openmp);
    CHECK(allocations_of([&] {
              quantize(Absmax<8>{}, x, m, k, activations, openmp);
              gemm(w, activations, std::span(y), openmp);
          }) == 0);
#endif
}

TEST_CASE("BitLinear allocates on the first call only", "[allocation]") {
    const BitLinear<PackedTernary<Interleaved2x16>, Absmax<8>, RmsNorm> layer(
        pack<Interleaved2x16>(test::random_trits(n * k, 5), n, k), RmsNorm(std::vector<float>(k, 1.0f), 1e-5f));
    const BitLinear<PackedTernary<I2S>> smaller(pack<I2S>(test::random_trits(9 * 20, 6), 9, 20));
    const auto x = test::random_floats(m * k, 7);
    std::vector<float> y(m * n);
    BitLinearWorkspace workspace;
    CHECK(allocations_of([&] { layer.forward(x, m, y, workspace); }) > 0);
    CHECK(allocations_of([&] {
              layer.forward(x, m, y, workspace);
              layer.forward_add(x, m, y, workspace);
              layer.forward(std::span(x).first(3 * k), 3, std::span(y).first(3 * n), workspace);
              smaller.forward(std::span(x).first(40), 2, std::span(y).first(18), workspace);
              layer.prepare(x, m, workspace);
              layer.forward(workspace.activations, y);
          }) == 0);
}

}  // namespace
