// Baseline code: chooses the kernel when it starts, and here tries all of them.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <set>
#include <string>
#include <ternion/ternion.hpp>
#include <vector>

#include "kernel.hpp"

int main() {
    constexpr std::size_t rows = 37, cols = 391;
    std::vector<std::int8_t> trits(rows * cols), x(cols);
    std::vector<std::int32_t> expected(rows, 0);
    std::int32_t sum = 0;
    for (std::size_t k = 0; k < cols; ++k) {
        x[k] = static_cast<std::int8_t>(k * 89);
        sum += x[k];
        for (std::size_t n = 0; n < rows; ++n) {
            trits[n * cols + k] = static_cast<std::int8_t>(static_cast<int>((n * 7 + k * 5) % 11 % 3) - 1);
            expected[n] += trits[n * cols + k] * x[k];
        }
    }
    const auto w = ternion::pack<ternion::Interleaved2x16>(trits, rows, cols);

    using Dispatcher = ternion::Dispatcher<TERNION_ISAS>;
    std::printf("the best here: %s\n", std::string(Dispatcher().name()).c_str());
    std::set<std::string> backends;
    for (const auto& [name, available] : Dispatcher::isas()) {
        if (!available) {
            std::printf("%s: not on this machine\n", std::string(name).c_str());
            continue;
        }
        std::vector<std::int32_t> y(rows, 12345);
        const std::string backend =
            Dispatcher(name)(Multiply{}, Job{rows, cols, w.bytes().data(), x.data(), sum, y.data()});
        std::printf("%s: %s, backend %s\n", std::string(name).c_str(), y == expected ? "right" : "WRONG",
                    backend.c_str());
        if (y != expected || !backends.insert(backend).second) return 1;
    }
    try {
        Dispatcher{"no-such"};
        return 1;
    } catch (const std::invalid_argument& e) {
        std::printf("%s\n", e.what());
    }
    std::printf("ternion %d.%d.%d consumed\n", ternion::version.major, ternion::version.minor, ternion::version.patch);
}
