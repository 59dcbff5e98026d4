#include "buffer.hpp"

#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <ternion/core/page_memory.hpp>
#include <ternion/packing/interleaved2x16.hpp>
#include <vector>

#include "../kernels.hpp"

namespace ternion_ggml {
namespace {

const ternion::KernelTable& table_of(ggml_backend_buffer_type_t type) noexcept {
    return *static_cast<const ternion::KernelTable*>(reinterpret_cast<abi::BufferType*>(type)->context);
}

const ternion::PackingKernels& fast_layout(const ternion::KernelTable& table) noexcept {
    return *table.find_packing(ternion::Interleaved2x16::name);
}

/// What a buffer owns: its memory, and the tensors in it that are repacked.
struct Memory {
    explicit Memory(std::size_t size) : bytes(size), data(ternion::PageMemory::allocate(size)) {}
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;
    ~Memory() { ternion::PageMemory::release(data, bytes); }

    std::size_t bytes;
    void* data;
    std::vector<std::unique_ptr<PackedTensor>> tensors;
};

Memory& memory_of(ggml_backend_buffer_t buffer) noexcept {
    return *static_cast<Memory*>(reinterpret_cast<abi::Buffer*>(buffer)->context);
}

/// A view of a repacked tensor has no bytes of its own: those of the tensor are asked for.
PackedTensor* owner(const ggml_tensor* tensor, std::size_t& offset) noexcept {
    if (tensor->view_src == nullptr) return packed(tensor);
    offset += tensor->view_offs;
    return packed(tensor->view_src);
}

void free_buffer(ggml_backend_buffer_t buffer) {
    delete &memory_of(buffer);
}

void* base(ggml_backend_buffer_t buffer) {
    return memory_of(buffer).data;
}

ggml_status init_tensor(ggml_backend_buffer_t buffer, ggml_tensor* tensor) {
    if (tensor->view_src != nullptr) return GGML_STATUS_SUCCESS;
    const ternion::KernelTable& table = table_of(reinterpret_cast<abi::Buffer*>(buffer)->type);
    const ternion::PackingKernels* format = find_ternary(table, tensor->type);
    if (format == nullptr) return GGML_STATUS_SUCCESS;
    try {
        auto made = std::make_unique<PackedTensor>(*format, fast_layout(table), *tensor);
        tensor->extra = made.get();
        memory_of(buffer).tensors.push_back(std::move(made));
    } catch (const std::bad_alloc&) {
        return GGML_STATUS_ALLOC_FAILED;
    }
    return GGML_STATUS_SUCCESS;
}

/// ggml has no way to report that it can't read or write a tensor, so that ends the program, as in ggml's own backends.
template <class F>
void or_abort(F&& f) noexcept {
    try {
        f();
    } catch (const std::exception& error) {
        GGML_ABORT("ternion: a tensor can't be repacked: %s", error.what());
    }
}

void set_tensor(ggml_backend_buffer_t, ggml_tensor* tensor, const void* data, std::size_t offset, std::size_t bytes) {
    or_abort([&] {
        if (PackedTensor* weights = owner(tensor, offset)) return weights->set(data, offset, bytes);
        std::memcpy(static_cast<std::byte*>(tensor->data) + offset, data, bytes);
    });
}

void get_tensor(ggml_backend_buffer_t, const ggml_tensor* tensor, void* data, std::size_t offset, std::size_t bytes) {
    or_abort([&] {
        if (const PackedTensor* weights = owner(tensor, offset)) return weights->get(data, offset, bytes);
        std::memcpy(data, static_cast<const std::byte*>(tensor->data) + offset, bytes);
    });
}

void fill_tensor(ggml_backend_buffer_t, ggml_tensor* tensor, std::uint8_t value, std::size_t offset,
                 std::size_t bytes) {
    or_abort([&] {
        if (PackedTensor* weights = owner(tensor, offset)) return weights->fill(value, offset, bytes);
        std::memset(static_cast<std::byte*>(tensor->data) + offset, value, bytes);
    });
}

void clear(ggml_backend_buffer_t buffer, std::uint8_t value) {
    Memory& memory = memory_of(buffer);
    for (const auto& tensor : memory.tensors)
        tensor->fill(value, 0, 0);
    std::memset(memory.data, value, memory.bytes);
}

void reset(ggml_backend_buffer_t buffer) {
    memory_of(buffer).tensors.clear();
}

const char* type_name(ggml_backend_buffer_type_t) {
    return "ternion";
}

ggml_backend_buffer_t allocate(ggml_backend_buffer_type_t type, std::size_t bytes) {
    try {
        auto memory = std::make_unique<Memory>(bytes);
        const abi::BufferFunctions functions{.free = free_buffer,
                                             .base = base,
                                             .init_tensor = init_tensor,
                                             .fill_tensor = fill_tensor,
                                             .set_tensor = set_tensor,
                                             .get_tensor = get_tensor,
                                             .clear = clear,
                                             .reset = reset};
        return abi::ggml_backend_buffer_init(type, functions, memory.release(), bytes);
    } catch (const std::bad_alloc&) {
        std::fprintf(stderr, "ternion: expected memory for a buffer of %zu bytes, found none\n", bytes);
        return nullptr;
    }
}

std::size_t alignment(ggml_backend_buffer_type_t) {
    return ternion::PageMemory::alignment;
}

std::size_t tensor_bytes(ggml_backend_buffer_type_t type, const ggml_tensor* tensor) {
    const ternion::KernelTable& table = table_of(type);
    if (find_ternary(table, tensor->type) == nullptr) return ggml_nbytes(tensor);
    return PackedTensor::bytes(fast_layout(table), *tensor);
}

bool is_host(ggml_backend_buffer_type_t) {
    return false;
}

}  // namespace

void make_buffer_type(abi::BufferType& type, ggml_backend_dev_t device, const ternion::KernelTable& table) {
    type = {.functions = {.name = type_name,
                          .allocate = allocate,
                          .alignment = alignment,
                          .tensor_bytes = tensor_bytes,
                          .is_host = is_host},
            .device = device,
            .context = const_cast<ternion::KernelTable*>(&table)};
}

PackedTensor* packed(const ggml_tensor* tensor) noexcept {
    if (tensor->view_src != nullptr || tensor->buffer == nullptr) return nullptr;
    if (reinterpret_cast<const abi::Buffer*>(tensor->buffer)->functions.init_tensor != init_tensor) return nullptr;
    return static_cast<PackedTensor*>(tensor->extra);
}

}  // namespace ternion_ggml
