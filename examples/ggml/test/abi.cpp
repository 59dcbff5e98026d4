// Compiles where ggml's sources are at hand (cmake -DGGML_SOURCE=FOLDER) and backend/abi.hpp describes what they
// declare.

#include "../backend/abi.hpp"

#include <ggml-backend-impl.h>

namespace abi = ternion_ggml::abi;

static_assert(abi::api_version == GGML_BACKEND_API_VERSION);

#define SAME_SIZE(ours, ggmls) static_assert(sizeof(abi::ours) == sizeof(ggmls))
#define SAME_PLACE(ours, member, ggmls, theirs) static_assert(offsetof(abi::ours, member) == offsetof(ggmls, theirs))

SAME_SIZE(BufferType, ggml_backend_buffer_type);
SAME_PLACE(BufferTypeFunctions, allocate, ggml_backend_buffer_type_i, alloc_buffer);
SAME_PLACE(BufferTypeFunctions, alignment, ggml_backend_buffer_type_i, get_alignment);
SAME_PLACE(BufferTypeFunctions, tensor_bytes, ggml_backend_buffer_type_i, get_alloc_size);
SAME_PLACE(BufferTypeFunctions, is_host, ggml_backend_buffer_type_i, is_host);
SAME_PLACE(BufferType, device, ggml_backend_buffer_type, device);

SAME_SIZE(Buffer, ggml_backend_buffer);
SAME_PLACE(BufferFunctions, fill_tensor, ggml_backend_buffer_i, memset_tensor);
SAME_PLACE(BufferFunctions, get_tensor, ggml_backend_buffer_i, get_tensor);
SAME_PLACE(BufferFunctions, clear, ggml_backend_buffer_i, clear);
SAME_PLACE(BufferFunctions, reset, ggml_backend_buffer_i, reset);
SAME_PLACE(Buffer, context, ggml_backend_buffer, context);
SAME_PLACE(Buffer, usage, ggml_backend_buffer, usage);

SAME_SIZE(Backend, ggml_backend);
SAME_PLACE(BackendFunctions, compute, ggml_backend_i, graph_compute);
SAME_PLACE(Backend, device, ggml_backend, device);

SAME_SIZE(Device, ggml_backend_device);
SAME_PLACE(DeviceFunctions, make_backend, ggml_backend_device_i, init_backend);
SAME_PLACE(DeviceFunctions, buffer_type, ggml_backend_device_i, get_buffer_type);
SAME_PLACE(DeviceFunctions, supports_operation, ggml_backend_device_i, supports_op);
SAME_PLACE(DeviceFunctions, supports_buffer_type, ggml_backend_device_i, supports_buft);
SAME_PLACE(Device, registry, ggml_backend_device, reg);

SAME_SIZE(Registry, ggml_backend_reg);
SAME_PLACE(RegistryFunctions, function, ggml_backend_reg_i, get_proc_address);
SAME_PLACE(Registry, functions, ggml_backend_reg, iface);
