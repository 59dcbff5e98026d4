#pragma once

#include <pybind11/pybind11.h>

#include <string_view>
#include <utility>

#include <ternion/core/thread_pool.hpp>
#include <ternion/nn/bit_linear.hpp>
#include <ternion/runtime/any_ternary.hpp>
#include "of_this_process.hpp"

namespace ternion_python {

/// ternion.PackedTernary: a matrix, and the kernels of the instruction set that it was made for.
struct PackedTernary {
    using Layer = ternion::BitLinear<ternion::AnyTernary, ternion::AnyQuantizer>;

    const ternion::KernelTable* table;
    Layer layer;

    PackedTernary(const ternion::KernelTable& kernels, ternion::AnyTernary weights)
        : table(&kernels), layer(std::move(weights), {}, ternion::AnyQuantizer(kernels.quantizer("absmax8"))) {}

    const ternion::AnyTernary& weights() const { return layer.weights(); }
};

/// All packings with the kernels of an instruction set; empty: the best that this machine can run. Throws
/// std::invalid_argument for another name.
const ternion::KernelTable& kernels_of(std::string_view isa);

/// ternion.ThreadPool: the executor that a call may be given.
using Threads = OfThisProcess<ternion::ThreadPool>;

/// Who computes: an argument `executor`. Throws TypeError, with the function's name, for another type.
const Threads* threads_of(const pybind11::handle& executor, const char* function);

/// Calls f(executor) without the interpreter's lock: other threads of Python run meanwhile. f calls nothing of Python.
template <class F>
void compute(const Threads* threads, F&& f) {
    ternion::ThreadPool* pool = threads == nullptr ? nullptr : &threads->get("ThreadPool");
    const pybind11::gil_scoped_release released;
    if (pool != nullptr) return f(*pool);
    ternion::Serial serial;
    f(serial);
}

}  // namespace ternion_python
