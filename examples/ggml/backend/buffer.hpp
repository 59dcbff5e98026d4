#pragma once

#include <ternion/runtime/kernel_table.hpp>

#include "abi.hpp"
#include "packed_tensor.hpp"

namespace ternion_ggml {

/// Fills in the buffer type of a device: ordinary memory, in which tensors of ternary types are PackedTensors. `table`
/// must outlive it.
void make_buffer_type(abi::BufferType& type, ggml_backend_dev_t device, const ternion::KernelTable& table);

/// The weights of a tensor that lies in such a buffer and is of a ternary type; null for views and all others.
PackedTensor* packed(const ggml_tensor* tensor) noexcept;

}  // namespace ternion_ggml
