#include "product.hpp"

#include <catch2/catch_test_macros.hpp>
#include <map>
#include <sstream>

#include "random_data.hpp"

namespace test {

std::vector<std::int8_t> Product::random_trits_of(ternion::Shape shape, std::uint64_t seed) {
    return random_trits(shape.size(), seed);
}

std::vector<std::int8_t> Product::random_activations_of(ternion::Shape shape, std::size_t m, std::uint64_t seed) {
    return random_activations(m * shape.k, ~seed);
}

std::string first_difference(std::span<const std::int32_t> found, std::span<const std::int32_t> expected) {
    if (found.size() != expected.size()) return "different lengths";
    const auto [f, e] = std::mismatch(found.begin(), found.end(), expected.begin());
    if (f == found.end()) return {};
    std::ostringstream message;
    message << "[" << f - found.begin() << "] is " << *f << ", not " << *e;
    return message.str();
}

std::size_t check_all_kernels(const Product& product, std::span<const std::size_t> tokens, std::size_t most_bytes) {
    const auto [n, k] = product.shape;
    Erased<ternion::Serial> serial;
    std::size_t compared = 0;
    std::map<std::string_view, std::vector<std::byte>> packed_as;
    for (const Kernel& kernel : all_kernels()) {
        if (kernel.kernels.packing.bytes(product.shape) > most_bytes) continue;
        auto& packed = packed_as[kernel.packing];
        if (packed.empty()) packed = kernel.pack(product.trits, product.shape);
        for (const std::size_t m : tokens) {
            REQUIRE(m <= product.x.m);
            std::vector<std::int32_t> y(m * n + 1, poison);
            kernel.multiply_int32({product.shape, packed.data()}, product.x.view(m), {0, n}, {y.data(), n}, serial);
            std::vector<std::int32_t> expected(product.expected.begin(),
                                               product.expected.begin() + static_cast<std::ptrdiff_t>(m * n));
            expected.push_back(poison);
            const std::string difference = first_difference(y, expected);
            if (!difference.empty()) {
                FAIL_CHECK(kernel.name() << ", N=" << n << " K=" << k << " M=" << m << ": y" << difference);
            }
            ++compared;
        }
    }
    return compared;
}

}  // namespace test
