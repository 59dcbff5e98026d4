#include "products.hpp"

#include <algorithm>
#include <utility>

#include "../unit/random_data.hpp"

namespace isa {

Product::Product(ternion::Shape matrix, std::vector<std::int8_t> w, std::vector<std::int8_t> x,
                 std::vector<std::size_t> sizes)
    : shape(matrix), trits(std::move(w)), q(std::move(x)), batches(std::move(sizes)) {
    const std::size_t m = q.size() / shape.k;
    expected.resize(m * shape.n);
    ternion::reference_gemm(trits, shape.n, shape.k, q, m, expected);
    for (std::size_t t = 0; t < m; ++t) {
        std::int32_t sum = 0;
        for (std::size_t k = 0; k < shape.k; ++k)
            sum += q[t * shape.k + k];
        token_sums.push_back(sum);
        scales.push_back(0.0078125f * static_cast<float>(t + 1) + 0.1f);
    }
}

namespace {

Product random_product(ternion::Shape shape, std::vector<std::size_t> batches) {
    const std::size_t m = *std::max_element(batches.begin(), batches.end());
    return {shape, test::random_trits(shape.size(), shape.n), test::random_activations(m * shape.k, shape.k),
            std::move(batches)};
}

/// Every trit and every activation an extreme.
Product extreme_product(ternion::Shape shape, int trit, int q, std::vector<std::size_t> batches) {
    const std::size_t m = *std::max_element(batches.begin(), batches.end());
    return {shape, std::vector<std::int8_t>(shape.size(), static_cast<std::int8_t>(trit)),
            std::vector<std::int8_t>(m * shape.k, static_cast<std::int8_t>(q)), std::move(batches)};
}

std::vector<Product> make_products() {
    std::vector<Product> all;
    constexpr ternion::Shape ragged[] = {{1, 1},   {2, 3},    {3, 7},    {16, 16},  {15, 17},  {17, 31},
                                         {31, 33}, {64, 64},  {33, 127}, {65, 129}, {16, 255}, {45, 391},
                                         {7, 513}, {80, 640}, {129, 64}, {5, 1025}};
    for (const auto shape : ragged)
        all.push_back(random_product(shape, {1, 2, 3, 4, 5, 7, 13}));
    // Sizes on both sides of those where kernels change: 6 and 48 tokens.
    all.push_back(random_product({83, 127}, {6, 8, 12, 15, 16, 17, 31, 33, 48, 49, 55, 64, 65}));
    for (const std::size_t k : {2048u, 2176u, 6912u}) {
        for (const int q : {-128, 127}) {
            all.push_back(extreme_product({17, k}, 1, q, {1, 7}));
            all.push_back(extreme_product({17, k}, -1, q, {1, 2}));
        }
    }
    all.push_back(extreme_product({17, 2176}, 1, -128, {49}));
    all.push_back(extreme_product({17, 2176}, 1, 127, {49}));
    return all;
}

}  // namespace

const std::vector<Product>& products() {
    static const std::vector<Product> all = make_products();
    return all;
}

}  // namespace isa
