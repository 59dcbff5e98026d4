#include "rival.hpp"

#include <algorithm>
#include <cmath>

#include "../exactness.hpp"
#include "../matrices.hpp"

namespace bench {

const std::vector<RivalLibrary>& rivals() {
    static const std::vector<RivalLibrary> found = [] {
        std::vector<RivalLibrary> libraries;
#if defined(TERNION_BENCH_GGML)
        append_ggml(libraries);
#endif
#if defined(TERNION_BENCH_ONEDNN)
        append_onednn(libraries);
#endif
#if defined(TERNION_BENCH_EIGEN)
        append_eigen(libraries);
#endif
#if defined(TERNION_BENCH_OPENBLAS)
        append_openblas(libraries);
#endif
        return libraries;
    }();
    return found;
}

Rival checked_rival(const RivalLibrary& library, const Product& product) {
    Rival rival = library.make(product);
    rival.multiply(rival.weights.count - 1);
    const std::size_t last = product.tokens - 1;
    for (const std::size_t row : {std::size_t{0}, product.shape.n / 2, product.shape.n - 1}) {
        const double right = rival.expected(last, row);
        const double found = rival.result(last, row);
        if (std::abs(found - right) <= library.tolerance * std::max(1.0, std::abs(right))) continue;
        fail("rival " + library.name + ", " + std::to_string(product.tokens) + "x" + name_of(product.shape),
             "row " + std::to_string(row) + " is " + std::to_string(found) + ", not " + std::to_string(right));
    }
    return rival;
}

Copies copies_for(const Product& product, const Content& content) {
    return product.from_dram ? in_dram(content) : in_cache(content);
}

double product_of_trits(const Product& product, std::size_t m, std::size_t n) {
    const auto x = random_activations(product.tokens, product.shape.k);
    const std::int8_t* trits = trits_of(product.shape).data() + n * product.shape.k;
    double sum = 0;
    for (std::size_t k = 0; k < product.shape.k; ++k)
        sum += trits[k] * x.row(m)[k];
    return sum;
}

}  // namespace bench
