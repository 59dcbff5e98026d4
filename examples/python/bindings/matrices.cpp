// Matrices: packing, repacking, unpacking, and what they say of themselves.
#include <pybind11/stl.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ternion/packing/all.hpp>
#include <ternion/quant/absmean.hpp>
#include <ternion/runtime/tables.hpp>
#include "array.hpp"
#include "packed_ternary.hpp"
#include "parts.hpp"

namespace ternion_python {

const ternion::KernelTable& kernels_of(std::string_view isa) {
    return ternion::find_kernels<ternion::all_packings>(isa);
}

namespace {

std::vector<std::string> packings() {
    std::vector<std::string> names;
    for (const ternion::PackingKernels& kernels : kernels_of({}).packings)
        names.emplace_back(kernels.packing.name);
    return names;
}

std::vector<std::string> isas() {
    std::vector<std::string> names;
    for (const ternion::IsaStatus& isa : ternion::Dispatcher<TERNION_ISAS>::isas())
        if (isa.available) names.emplace_back(isa.name);
    return names;
}

PackedTernary pack(const py::object& array, const std::string& packing, float scale, const std::string& isa,
                   const Threads* threads) {
    const ternion::KernelTable& table = kernels_of(isa);
    const ternion::PackingKernels& kernels = table.packing(packing);
    const ArrayArgument weights(array, "pack: trits");
    weights.expect_dimensions(2, "[N, K]");
    const std::size_t n = weights.size(0), k = weights.size(1);
    std::optional<PackedTernary> packed;
    if (weights.type() == ElementType::float32) {
        compute(threads, [&](auto& executor) {
            const std::span<const float> values = weights.values<float>();
            std::vector<std::int8_t> trits(values.size());
            const float gamma = ternion::absmean_quantize(values, trits);
            packed.emplace(table, pack_as(kernels, trits, n, k, gamma, executor));
        });
    } else {
        weights.expect(ElementType::int8, "int8 trits or float32 weights");
        compute(threads, [&](auto& executor) {
            packed.emplace(table, pack_as(kernels, weights.values<std::int8_t>(), n, k, scale, executor));
        });
    }
    return *std::move(packed);
}

PackedTernary repack(const PackedTernary& from, const std::string& packing, const std::string& isa,
                     const Threads* threads) {
    const ternion::KernelTable& table = isa.empty() ? *from.table : kernels_of(isa);
    const ternion::PackingKernels& kernels = table.packing(packing);
    std::optional<PackedTernary> packed;
    compute(threads, [&](auto& executor) { packed.emplace(table, repack_as(kernels, from.weights(), executor)); });
    return *std::move(packed);
}

/// Who holds bytes may let go of them in a thread without the interpreter's lock.
struct Release {
    void operator()(ArrayArgument* bytes) const {
        const py::gil_scoped_acquire acquired;
        delete bytes;
    }
};

/// In place where nobody can write to the bytes, else of a copy: they are checked once, here.
PackedTernary from_bytes(const py::object& object, const std::string& packing, std::size_t n, std::size_t k,
                         float scale, const std::string& isa) {
    const ternion::KernelTable& table = kernels_of(isa);
    const ternion::PackingKernels& kernels = table.packing(packing);
    const std::shared_ptr<ArrayArgument> bytes(new ArrayArgument(object, "from_bytes: data"), Release());
    bytes->expect(ElementType::uint8, "uint8");
    std::span<const std::byte> data = bytes->values<std::byte>();
    std::shared_ptr<const void> owner = bytes;
    if (!bytes->is_read_only() && !bytes->is_copied()) {
        const auto copy = std::make_shared<std::vector<std::byte>>(data.begin(), data.end());
        data = *copy;
        owner = copy;
    }
    return {table, ternion::AnyTernary(kernels, borrow(kernels.packing, data, n, k, scale), std::move(owner))};
}

py::object unpack(const PackedTernary& w) {
    const NewArray trits = make_array(ElementType::int8, py::make_tuple(w.layer.outputs(), w.layer.inputs()));
    const std::size_t count = w.weights().shape().size();
    compute(nullptr, [&](auto&) { w.weights().unpack(trits.values<std::int8_t>(count)); });
    return trits.array;
}

py::object dequantized(const PackedTernary& w) {
    const NewArray values = make_array(ElementType::float32, py::make_tuple(w.layer.outputs(), w.layer.inputs()));
    const std::size_t count = w.weights().shape().size();
    compute(nullptr, [&](auto& executor) { ternion::dequantize(w.weights(), values.values<float>(count), executor); });
    return values.array;
}

py::bytes bytes_of(const PackedTernary& w) {
    const std::span<const std::byte> bytes = w.weights().bytes();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string_view packing_of(const PackedTernary& w) {
    return w.weights().packing().name;
}

std::string description(const PackedTernary& w) {
    return "<ternion.PackedTernary " + std::to_string(w.layer.outputs()) + " x " + std::to_string(w.layer.inputs()) +
           ", " + std::string(packing_of(w)) + ", scale " +
           py::str(py::float_(w.weights().scale())).cast<std::string>() + ">";
}

Threads make_threads(const py::object& threads) {
    if (PyIndex_Check(threads.ptr()) == 0) {
        throw py::type_error("ThreadPool: threads: expected an int, found " +
                             py::str(py::type::of(threads).attr("__name__")).cast<std::string>());
    }
    const auto number = py::reinterpret_steal<py::int_>(PyNumber_Index(threads.ptr()));
    if (!number) throw py::error_already_set();
    int overflow = 0;
    const long count = PyLong_AsLongAndOverflow(number.ptr(), &overflow);
    if (overflow == 0 && count >= 0 && count <= 1024) return Threads(static_cast<int>(count));
    throw py::value_error("ThreadPool: expected 0 to 1024 threads, found " +
                          py::str(py::handle(number)).cast<std::string>());
}

}  // namespace

void add_matrices(py::module_& module) {
    py::class_<Threads>(module, "ThreadPool", R"(ThreadPool(threads=0): threads that products share their rows among.

Given as `executor` to pack, repack, quantize, gemv and gemm, from any number of Python's threads; results are the same
with and without. 0 threads: as many as this process may use. Without one, a call computes on its caller's thread.
In a process that was forked after it was made it raises RuntimeError.)")
        .def(py::init(&make_threads), py::arg("threads") = 0)
        .def_property_readonly(
            "threads", [](const Threads& threads) { return threads.get("ThreadPool").concurrency(); },
            "How many threads compute, the caller's included.");

    py::class_<PackedTernary>(module, "PackedTernary",
                              R"(A ternary matrix W[N, K]: weights scale * trit, trit -1, 0 or +1.

Made by pack, repack and from_bytes. It is read-only and may be used by several threads at once; it can be pickled and
copied.)")
        .def_property_readonly(
            "shape", [](const PackedTernary& w) { return py::make_tuple(w.layer.outputs(), w.layer.inputs()); },
            "(N, K): N outputs, K inputs.")
        .def_property_readonly(
            "scale", [](const PackedTernary& w) { return w.weights().scale(); }, "What multiplies every trit.")
        .def_property_readonly("packing", packing_of, "How the trits lie in memory: one of packings().")
        .def_property_readonly(
            "isa", [](const PackedTernary& w) { return w.table->isa; }, "The instruction set that computes.")
        .def_property_readonly(
            "nbytes", [](const PackedTernary& w) { return w.weights().bytes().size(); }, "Bytes of the packed trits.")
        .def("unpack", unpack, "The trits, int8 [N, K], in a new array.")
        .def("dequantize", dequantized, "scale * trit, float32 [N, K], in a new array.")
        .def("tobytes", bytes_of, "A copy of the packed bytes, which from_bytes takes.")
        .def("__reduce__",
             [](const PackedTernary& w) {
                 const py::tuple shape = py::make_tuple(w.layer.outputs(), w.layer.inputs());
                 return py::make_tuple(py::module_::import("ternion").attr("from_bytes"),
                                       py::make_tuple(bytes_of(w), packing_of(w), shape, w.weights().scale()));
             })
        .def("__copy__", [](const PackedTernary& w) { return w; })
        .def("__deepcopy__", [](const PackedTernary& w, const py::dict&) { return w; })
        .def("__repr__", description);

    module.def("packings", packings, "The names of all packings, in the library's order.");
    module.def("isas", isas,
               "The instruction sets that this package has kernels for and this machine can run, best first.");
    module.def("pack", pack);
    module.def("repack", repack);
    module.def("from_bytes", from_bytes);
}

}  // namespace ternion_python
