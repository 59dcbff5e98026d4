// What a call of the C interface costs beside the call in C++: the same product in turns, 640 outputs by 2560 inputs
// unless other sizes are given, as nanoseconds a call. Medians of many short turns, so that what else the machine does
// falls out.
#include <ternion/ternion.h>
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ternion/ternion.hpp>
#include <vector>

namespace {

void check(ternion_status status) {
    if (status == TERNION_OK) return;
    std::fprintf(stderr, "%s\n", ternion_last_error());
    std::exit(1);
}

/// Nanoseconds of one of `calls` calls.
template <class F>
double time_of(int calls, F&& f) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < calls; ++i)
        f();
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
    return took.count() / calls;
}

double median(std::vector<double>& values) {
    std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
    return values[values.size() / 2];
}

/// Prints both, in turns, and the median of the differences within a turn.
template <class Cpp, class C>
void compare(const char* what, Cpp&& cpp, C&& c) {
    std::vector<double> in_cpp, in_c, difference;
    for (int turn = 0; turn < 301; ++turn) {
        in_cpp.push_back(time_of(100, cpp));
        in_c.push_back(time_of(100, c));
        difference.push_back(in_c.back() - in_cpp.back());
    }
    std::printf("%-28s C++ %7.0f ns   C %7.0f ns   the C call adds %.0f ns\n", what, median(in_cpp), median(in_c),
                median(difference));
}

}  // namespace

int main(int argc, char** argv) {
    const std::size_t n = argc > 2 ? std::strtoull(argv[1], nullptr, 10) : 640;
    const std::size_t k = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 2560;
    std::vector<std::int8_t> trits(n * k), q(k);
    std::vector<float> x(k), y(n), y_c(n);
    std::vector<std::int32_t> sums(n), sums_c(n);
    for (std::size_t i = 0; i < trits.size(); ++i)
        trits[i] = static_cast<std::int8_t>(static_cast<int>(i * 7 % 11 % 3) - 1);
    for (std::size_t i = 0; i < k; ++i) {
        q[i] = static_cast<std::int8_t>(i * 89);
        x[i] = static_cast<float>(q[i]) / 50;
    }

    const auto w = ternion::pack<ternion::Interleaved2x16>(trits, n, k, 0.5f);
    const float scale = 0.5f;
    const ternion_scales scales{&scale, 1, 0};
    ternion_weights* w_c = nullptr;
    check(ternion_pack(nullptr, "interleaved2x16", trits.data(), trits.size(), n, k, &scales, nullptr, &w_c));
    ternion::QuantizedActivations activations;
    ternion_activations* activations_c = nullptr;
    check(ternion_new_activations(&activations_c));

    std::printf("W of %zu x %zu, interleaved2x16; C++: %s, libternion: %s\n", n, k,
                ternion::backend_of<ternion::default_arch>::name.data(), ternion_isa_name(nullptr));
    compare(
        "gemv, int8 to int32", [&] { ternion::gemv(w, q, sums); },
        [&] { check(ternion_gemv_int8(w_c, q.data(), k, sums_c.data(), n, nullptr)); });
    compare(
        "quantize", [&] { ternion::quantize(ternion::Absmax<8>{}, x, 1, k, activations); },
        [&] { check(ternion_quantize(nullptr, nullptr, 0, x.data(), k, k, 1, k, nullptr, activations_c)); });
    const ternion_output out{y_c.data(), n, n, nullptr, 0, 0, TERNION_FLOAT32, 0};
    compare(
        "multiply, to float", [&] { ternion::gemm(w, activations, std::span(y)); },
        [&] { check(ternion_multiply(w_c, activations_c, 0, n, &out, nullptr)); });
    const bool same = sums == sums_c && y == y_c;
    std::printf("results are %s\n", same ? "the same" : "DIFFERENT");
    ternion_free_activations(activations_c);
    ternion_free_weights(w_c);
    return same ? 0 : 1;
}
