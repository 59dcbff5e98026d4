// Every part computes the same from the same matrix, whoever packed it, and each with its own backend.
#include <cstddef>
#include <cstdio>
#include <numeric>
#include <string>
#include <vector>

#include "dispatched.hpp"
#include "part.hpp"

namespace {

constexpr std::size_t rows = 45, cols = 391, tokens = 3;

struct Results {
    std::vector<std::int32_t> integers = std::vector<std::int32_t>(rows * tokens);
    std::vector<float> floats = std::vector<float>(rows);
    bool operator==(const Results&) const = default;
};

struct Input {
    std::vector<std::int8_t> trits = std::vector<std::int8_t>(rows * cols);
    std::vector<std::int8_t> q = std::vector<std::int8_t>(cols * tokens);
    std::vector<float> x = std::vector<float>(cols);
    std::vector<std::int32_t> expected = std::vector<std::int32_t>(rows * tokens, 0);
    unsigned state = 1;

    unsigned next() { return state = state * 1664525u + 1013904223u, state >> 16; }

    Input() {
        for (auto& trit : trits)
            trit = static_cast<std::int8_t>(static_cast<int>(next() % 3) - 1);
        for (auto& value : q)
            value = static_cast<std::int8_t>(next());
        for (auto& value : x)
            value = static_cast<float>(next() % 1000) - 500.0f;
        for (std::size_t i = 0; i < rows * tokens; ++i) {
            for (std::size_t k = 0; k < cols; ++k)
                expected[i] += trits[i % rows * cols + k] * q[i / rows * cols + k];
        }
    }
};

/// Units that take and give matrices, each with a backend of its own.
int run_parts(const std::vector<Part>& parts, const Input& input) {
    const auto& [trits, q, x, expected, state] = input;
    const auto w = ternion::pack<ternion::I2S>(trits, rows, cols);
    Results first;
    int failures = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        // Packed by the neighbour, multiplied by this one.
        const auto packed = parts[(i + 1) % parts.size()].pack(trits, {rows, cols});
        Results results;
        parts[i].multiply(w, q, results.integers);
        parts[i].multiply_floats(packed, x, results.floats);
        if (i == 0) first = results;
        const bool good = results.integers == expected && results == first;
        std::printf("%s: %s\n", std::string(parts[i].backend).c_str(), good ? "the same results" : "OTHER RESULTS");
        failures += !good;
        for (std::size_t j = 0; j < i; ++j) {
            if (parts[i].backend != parts[j].backend) continue;
            std::printf("two parts have the same backend\n");
            ++failures;
        }
    }
    return failures;
}

/// Units behind a boundary of raw pointers.
int run_dispatched(void (*dispatched)(const Job&), const char* name, const Input& input) {
    const auto i2s = ternion::pack<ternion::I2S>(input.trits, rows, cols);
    const auto interleaved = ternion::pack<ternion::Interleaved2x16>(input.trits, rows, cols);
    const std::vector<std::int32_t> expected(input.expected.begin(), input.expected.begin() + rows);
    std::vector<std::int32_t> i2s_results(rows), interleaved_results(rows);
    const std::int32_t sum = std::accumulate(input.q.begin(), input.q.begin() + cols, 0);
    dispatched({rows, cols, i2s.view().data(), interleaved.view().data(), input.q.data(), sum, i2s_results.data(),
                interleaved_results.data()});
    const bool good = i2s_results == expected && interleaved_results == expected;
    std::printf("dispatched to %s: %s\n", name, good ? "the same results" : "OTHER RESULTS");
    return !good;
}

}  // namespace

int main() {
    const Input input;
    int failures = 0;
    std::vector<Part> parts{part_baseline()};
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        parts.push_back(part_v3());
        failures += run_dispatched(dispatched_v3, "x86-64-v3", input);
    }
    if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
        parts.push_back(part_v4());
        failures += run_dispatched(dispatched_v4, "x86-64-v4", input);
    }
    failures += run_parts(parts, input);
    std::printf("%zu parts, %d failures\n", parts.size(), failures);
    return failures != 0;
}
