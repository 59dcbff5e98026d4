#pragma once

#include <ggml-backend.h>
#include <ggml-cpp.h>
#include <ggml.h>

#include <cstdint>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace ternion_ggml {

/// A context for the descriptions of up to 64 tensors and 8 graphs; their bytes are in backends' buffers.
inline ggml_context_ptr make_context() {
    const ggml_init_params params{
        .mem_size = 64 * ggml_tensor_overhead() + 8 * ggml_graph_overhead(), .mem_buffer = nullptr, .no_alloc = true};
    return ggml_context_ptr(ggml_init(params));
}

/// ggml's CPU backend with so many threads. ggml_backend_load_all must have been called.
inline ggml_backend_ptr make_backend(ggml_backend_dev_t device, int threads) {
    ggml_backend_ptr backend(ggml_backend_dev_init(device, nullptr));
    if (backend == nullptr) throw std::runtime_error("ggml: expected a backend of a device, found none");
    const auto set_threads = reinterpret_cast<ggml_backend_set_n_threads_t>(
        ggml_backend_reg_get_proc_address(ggml_backend_dev_backend_reg(device), "ggml_backend_set_n_threads"));
    if (set_threads != nullptr) set_threads(backend.get(), threads);
    return backend;
}

inline ggml_backend_dev_t cpu_device() {
    ggml_backend_dev_t device = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
    if (device == nullptr) throw std::runtime_error("ggml: expected a CPU device, found none");
    return device;
}

/// Computes the graph of one result, whose tensors have memory already.
inline void compute(ggml_backend_t backend, ggml_context* context, ggml_tensor* result) {
    ggml_cgraph* graph = ggml_new_graph(context);
    ggml_build_forward_expand(graph, result);
    if (ggml_backend_graph_compute(backend, graph) != GGML_STATUS_SUCCESS)
        throw std::runtime_error(std::string("ggml: the graph of ") + result->name + " can't be computed");
}

template <class T = float>
std::vector<T> get(const ggml_tensor* tensor) {
    std::vector<T> values(ggml_nbytes(tensor) / sizeof(T));
    ggml_backend_tensor_get(tensor, values.data(), 0, ggml_nbytes(tensor));
    return values;
}

inline std::vector<float> random_floats(std::mt19937& random, std::int64_t count) {
    std::uniform_real_distribution<float> uniform(-1, 1);
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& value : values)
        value = uniform(random);
    return values;
}

/// Random floats as ggml itself quantises them: the bytes of a tensor of this type and shape.
inline std::vector<std::uint8_t> quantized_by_ggml(ggml_type type, const std::vector<float>& values, std::int64_t k) {
    const auto rows = static_cast<std::int64_t>(values.size()) / k;
    std::vector<std::uint8_t> bytes(ggml_row_size(type, k) * static_cast<std::size_t>(rows));
    ggml_quantize_chunk(type, values.data(), bytes.data(), 0, rows, k, nullptr);
    return bytes;
}

/// The mean squared error over the mean square of what is expected.
inline double normalized_error(const std::vector<float>& found, const std::vector<float>& expected) {
    double error = 0, square = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const double difference = static_cast<double>(found[i]) - static_cast<double>(expected[i]);
        error += difference * difference;
        square += static_cast<double>(expected[i]) * static_cast<double>(expected[i]);
    }
    return error / square;
}

}  // namespace ternion_ggml
