// ternion inside a graph of ggml: ggml_custom_op [THREADS]. For each ternary type, weights as ggml quantises and holds
// them, multiplied by ternion on ggml's threads. Fails unless the results are ternion's own, bit for bit, and shows how
// near they are to ggml's own product of the same tensors.

#include <cstdio>
#include <cstdlib>
#include <exception>

#include "../ggml_objects.hpp"
#include "../kernels.hpp"
#include "ternary_layer.hpp"

namespace {

using namespace ternion_ggml;

constexpr std::int64_t n = 640, k = 2560, m = 5;

/// Whether what a graph computes is what ternion computes by itself.
bool run(const ternion::KernelTable& table, ggml_backend_t backend, ggml_type type, int threads) {
    std::mt19937 random(1);
    const ggml_context_ptr context = make_context();
    ggml_tensor* w = ggml_set_name(ggml_new_tensor_2d(context.get(), type, k, n), "weights");
    ggml_tensor* x = ggml_set_name(ggml_new_tensor_2d(context.get(), GGML_TYPE_F32, k, m), "activations");
    const ggml_backend_buffer_ptr inputs(ggml_backend_alloc_ctx_tensors(context.get(), backend));
    const std::vector<float> values = random_floats(random, m * k);
    const auto bytes = quantized_by_ggml(type, random_floats(random, n * k), k);
    ggml_backend_tensor_set(w, bytes.data(), 0, bytes.size());
    ggml_backend_tensor_set(x, values.data(), 0, ggml_nbytes(x));

    TernaryLayer layer(table, *w);
    const ggml_context_ptr graph = make_context();
    ggml_tensor* y = ggml_set_name(layer.build(graph.get(), x), "ternion");
    ggml_tensor* by_ggml = ggml_set_name(ggml_mul_mat(graph.get(), w, x), "ggml");
    const ggml_backend_buffer_ptr outputs(ggml_backend_alloc_ctx_tensors(graph.get(), backend));
    compute(backend, graph.get(), y);
    compute(backend, graph.get(), by_ggml);

    const std::vector<float> found = get(y);
    std::vector<float> expected(found.size());
    layer.compute(values.data(), m, expected.data());
    const bool equal = found == expected;
    std::printf(
        "%s: %lld tokens by %lld x %lld weights, %d threads: %s ternion's own; normalized error to ggml's %.1e\n",
        ggml_type_name(type), static_cast<long long>(m), static_cast<long long>(n), static_cast<long long>(k), threads,
        equal ? "equal to" : "DIFFERENT from", normalized_error(found, get(by_ggml)));
    return equal;
}

int run_all(int threads) {
    ggml_backend_load_all();
    const ternion::KernelTable& table = find_kernels();
    const ggml_backend_ptr backend = make_backend(cpu_device(), threads);
    int types = 0, equal = 0;
    for (int type = 0; type < GGML_TYPE_COUNT; ++type) {
        if (find_ternary(table, static_cast<ggml_type>(type)) == nullptr) continue;
        ++types;
        equal += run(table, backend.get(), static_cast<ggml_type>(type), threads);
    }
    std::printf("%d of %d types equal\n", equal, types);
    return types > 0 && equal == types ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
    char* end = nullptr;
    const long threads = argc < 2 ? 2 : std::strtol(argv[1], &end, 10);
    if (argc > 2 || (end != nullptr && *end != '\0') || threads < 1 || threads > 512) {
        std::fprintf(stderr, "ggml_custom_op: expected a number of threads from 1 to 512, found %s\n",
                     argc > 2 ? "more arguments" : argv[1]);
        return 2;
    }
    try {
        return run_all(static_cast<int>(threads));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "ggml_custom_op: %s\n", error.what());
        return EXIT_FAILURE;
    }
}
