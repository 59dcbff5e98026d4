// libggml-ternion.so: what ggml loads. One device, an accelerator beside the CPU, which multiplies ternary weights.

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "../kernels.hpp"
#include "abi.hpp"
#include "buffer.hpp"
#include "mul_mat.hpp"

namespace ternion_ggml {
namespace {

/// All that the library has, made when ggml loads it, and read-only from then on.
struct Library {
    const ternion::KernelTable* table;
    std::string description;
    abi::Registry registry;
    abi::Device device;
    abi::BufferType buffer_type;
};
Library library;

ggml_backend_dev_t device() noexcept {
    return reinterpret_cast<ggml_backend_dev_t>(&library.device);
}

ggml_backend_buffer_type_t buffer_type() noexcept {
    return reinterpret_cast<ggml_backend_buffer_type_t>(&library.buffer_type);
}

/// The value of an environment variable; the empty string where there is none.
std::string_view setting(const char* name) noexcept {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

ActivationScales activation_scales() {
    const std::string_view asked = setting("GGML_TERNION_ACTIVATIONS");
    if (asked.empty() || asked == "block") return ActivationScales::block;
    if (asked == "token") return ActivationScales::token;
    throw std::invalid_argument("GGML_TERNION_ACTIVATIONS: expected block or token, found " + std::string(asked));
}

MulMat& mul_mat(ggml_backend_t backend) noexcept {
    return *static_cast<MulMat*>(reinterpret_cast<abi::Backend*>(backend)->context);
}

void free_backend(ggml_backend_t backend) {
    delete &mul_mat(backend);
    delete reinterpret_cast<abi::Backend*>(backend);
}

/// Whether there is nothing to do for a node: views and what has no values.
bool computes_nothing(const ggml_tensor* node) noexcept {
    return node->op == GGML_OP_NONE || node->op == GGML_OP_RESHAPE || node->op == GGML_OP_VIEW ||
           node->op == GGML_OP_PERMUTE || node->op == GGML_OP_TRANSPOSE;
}

ggml_status compute(ggml_backend_t backend, ggml_cgraph* graph) {
    try {
        for (int i = 0; i < ggml_graph_n_nodes(graph); ++i) {
            ggml_tensor* node = ggml_graph_node(graph, i);
            if (!computes_nothing(node)) mul_mat(backend)(node);
        }
        return GGML_STATUS_SUCCESS;
    } catch (const std::bad_alloc&) {
        return GGML_STATUS_ALLOC_FAILED;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "ternion: %s\n", error.what());
        return GGML_STATUS_FAILED;
    }
}

const char* name_of_backend(ggml_backend_t) {
    return "ternion";
}

ggml_backend_t make_backend(ggml_backend_dev_t, const char*) {
    static ggml_guid id = {0x7e, 0x52, 0x4e, 0x49, 0x4f, 0x4e, 0x15, 0x8b,
                           0x9d, 0x31, 0x60, 0x2a, 0xc4, 0x77, 0x05, 0xe3};
    try {
        auto mul_mat = std::make_unique<MulMat>(*library.table, activation_scales());
        auto* backend =
            new abi::Backend{.guid = &id,
                             .functions = {.name = name_of_backend, .free = free_backend, .compute = compute},
                             .device = device(),
                             .context = mul_mat.get()};
        (void)mul_mat.release();
        return reinterpret_cast<ggml_backend_t>(backend);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "ternion: %s\n", error.what());
        return nullptr;
    }
}

void set_threads(ggml_backend_t backend, int threads) {
    mul_mat(backend).set_threads(threads);
}

const char* device_name(ggml_backend_dev_t) {
    return "ternion";
}

const char* device_description(ggml_backend_dev_t) {
    return library.description.c_str();
}

// The memory is the CPU's, and reported by it.
void device_memory(ggml_backend_dev_t, std::size_t* free, std::size_t* total) {
    *free = *total = 0;
}

enum ggml_backend_dev_type device_type(ggml_backend_dev_t) {
    return GGML_BACKEND_DEVICE_TYPE_ACCEL;
}

void device_properties(ggml_backend_dev_t, ggml_backend_dev_props* properties) {
    *properties = {};
    properties->name = device_name(nullptr);
    properties->description = device_description(nullptr);
    properties->type = GGML_BACKEND_DEVICE_TYPE_ACCEL;
    properties->caps.mmap_support = true;  // set_tensor takes bytes from anywhere
}

ggml_backend_buffer_type_t device_buffer_type(ggml_backend_dev_t) {
    return buffer_type();
}

/// Weights that lie elsewhere aren't repacked: whoever owns their memory multiplies them.
bool supports_operation(ggml_backend_dev_t, const ggml_tensor* operation) {
    if (computes_nothing(operation)) return true;
    if (!supports(*library.table, operation)) return false;
    const ggml_backend_buffer_t buffer = operation->src[0]->buffer;
    return buffer == nullptr || ggml_backend_buffer_get_type(buffer) == buffer_type();
}

bool supports_buffer_type(ggml_backend_dev_t, ggml_backend_buffer_type_t type) {
    return type == buffer_type() || ggml_backend_buft_is_host(type);
}

const char* registry_name(ggml_backend_reg_t) {
    return "ternion";
}

std::size_t device_count(ggml_backend_reg_t) {
    return 1;
}

ggml_backend_dev_t device_at(ggml_backend_reg_t, std::size_t) {
    return device();
}

void* function_of(ggml_backend_reg_t, const char* name) {
    if (std::string_view(name) == "ggml_backend_set_n_threads") return reinterpret_cast<void*>(set_threads);
    return nullptr;
}

/// Throws std::runtime_error where this ggml has none of the types, and what find_kernels throws.
void make_library() {
    library.table = &find_kernels(setting("GGML_TERNION_ISA"));
    bool any = false;
    for (int type = 0; type < GGML_TYPE_COUNT; ++type)
        any = any || find_ternary(*library.table, static_cast<ggml_type>(type)) != nullptr;
    if (!any) throw std::runtime_error("expected a ggml with the types TQ1_0 or TQ2_0, found one without them");
    library.description = "ternary weights, " + std::string(library.table->backend) + " kernels";
    library.registry = {
        .version = abi::api_version,
        .functions = {.name = registry_name, .devices = device_count, .device = device_at, .function = function_of},
        .context = nullptr};
    library.device = {.functions = {.name = device_name,
                                    .description = device_description,
                                    .memory = device_memory,
                                    .type = device_type,
                                    .properties = device_properties,
                                    .make_backend = make_backend,
                                    .buffer_type = device_buffer_type,
                                    .supports_operation = supports_operation,
                                    .supports_buffer_type = supports_buffer_type},
                      .registry = reinterpret_cast<ggml_backend_reg_t>(&library.registry),
                      .context = nullptr};
    make_buffer_type(library.buffer_type, device(), *library.table);
}

}  // namespace
}  // namespace ternion_ggml

/// The one symbol that ggml looks for.
extern "C" __attribute__((visibility("default"))) ggml_backend_reg_t ggml_backend_init() {
    using namespace ternion_ggml;
    try {
        if (library.table == nullptr) make_library();
        return reinterpret_cast<ggml_backend_reg_t>(&library.registry);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "ternion: %s\n", error.what());
        return nullptr;
    }
}
