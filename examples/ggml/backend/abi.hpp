#pragma once

// What ggml expects of a backend that it loads at run time. ggml declares this in a header that it doesn't install, so
// it is described here: structs of pointers, in ggml's order. The number of the description is api_version; ggml
// compares it with its own before it calls anything, and refuses a backend of another one with a line that names both.
// test/abi.cpp compares this with ggml's header where its sources are at hand.

#include <ggml-backend.h>
#include <ggml.h>

#include <cstddef>
#include <cstdint>

namespace ternion_ggml::abi {

inline constexpr int api_version = 3;

/// A function that ggml may find missing, and that this backend doesn't have.
using Absent = void (*)();

/// What kind of memory: a buffer type.
struct BufferTypeFunctions {
    const char* (*name)(ggml_backend_buffer_type_t);
    ggml_backend_buffer_t (*allocate)(ggml_backend_buffer_type_t, std::size_t bytes);
    Absent allocate_tensors = nullptr;
    std::size_t (*alignment)(ggml_backend_buffer_type_t);
    Absent max_bytes = nullptr;
    std::size_t (*tensor_bytes)(ggml_backend_buffer_type_t, const ggml_tensor*);
    Absent tensors_bytes = nullptr;
    bool (*is_host)(ggml_backend_buffer_type_t);  // whether tensors lie in it as ggml lays them out
};
struct BufferType {
    BufferTypeFunctions functions;
    ggml_backend_dev_t device;
    void* context;
};

/// A piece of memory: a buffer. ggml makes the struct itself, of the functions.
struct BufferFunctions {
    void (*free)(ggml_backend_buffer_t);
    void* (*base)(ggml_backend_buffer_t);
    ggml_status (*init_tensor)(ggml_backend_buffer_t, ggml_tensor*);
    void (*fill_tensor)(ggml_backend_buffer_t, ggml_tensor*, std::uint8_t value, std::size_t offset, std::size_t bytes);
    void (*set_tensor)(ggml_backend_buffer_t, ggml_tensor*, const void* data, std::size_t offset, std::size_t bytes);
    void (*get_tensor)(ggml_backend_buffer_t, const ggml_tensor*, void* data, std::size_t offset, std::size_t bytes);
    Absent set_tensor_2d = nullptr;
    Absent get_tensor_2d = nullptr;
    Absent copy_tensor = nullptr;
    void (*clear)(ggml_backend_buffer_t, std::uint8_t value);
    void (*reset)(ggml_backend_buffer_t);  // forget what init_tensor made
};
struct Buffer {
    BufferFunctions functions;
    ggml_backend_buffer_type_t type;
    void* context;
    std::size_t bytes;
    ggml_backend_buffer_usage usage;
};
extern "C" ggml_backend_buffer_t ggml_backend_buffer_init(ggml_backend_buffer_type_t type, BufferFunctions functions,
                                                          void* context, std::size_t bytes);

/// What computes graphs, for one caller at a time: a backend.
struct BackendFunctions {
    const char* (*name)(ggml_backend_t);
    void (*free)(ggml_backend_t);
    Absent asynchronous_copies[5] = {};
    Absent synchronize = nullptr;
    Absent plans[4] = {};
    ggml_status (*compute)(ggml_backend_t, ggml_cgraph*);
    Absent events[2] = {};
    Absent optimize = nullptr;
};
struct Backend {
    ggml_guid_t guid;
    BackendFunctions functions;
    ggml_backend_dev_t device;
    void* context;
};

struct DeviceFunctions {
    const char* (*name)(ggml_backend_dev_t);
    const char* (*description)(ggml_backend_dev_t);
    void (*memory)(ggml_backend_dev_t, std::size_t* free, std::size_t* total);
    enum ggml_backend_dev_type (*type)(ggml_backend_dev_t);
    void (*properties)(ggml_backend_dev_t, ggml_backend_dev_props*);
    ggml_backend_t (*make_backend)(ggml_backend_dev_t, const char* parameters);
    ggml_backend_buffer_type_t (*buffer_type)(ggml_backend_dev_t);
    Absent host_buffer_type = nullptr;
    Absent buffer_from_host = nullptr;
    bool (*supports_operation)(ggml_backend_dev_t, const ggml_tensor*);
    bool (*supports_buffer_type)(ggml_backend_dev_t, ggml_backend_buffer_type_t);
    Absent wants_operation = nullptr;
    Absent events[3] = {};
};
struct Device {
    DeviceFunctions functions;
    ggml_backend_reg_t registry;
    void* context;
};

/// What a shared library gives ggml.
struct RegistryFunctions {
    const char* (*name)(ggml_backend_reg_t);
    std::size_t (*devices)(ggml_backend_reg_t);
    ggml_backend_dev_t (*device)(ggml_backend_reg_t, std::size_t index);
    void* (*function)(ggml_backend_reg_t, const char* name);
};
struct Registry {
    int version;
    RegistryFunctions functions;
    void* context;
};

}  // namespace ternion_ggml::abi
