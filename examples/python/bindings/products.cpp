// Products, the quantizer in front of them, and the backward pass of both.
#include "parts.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <ternion/core/shape.hpp>
#include <ternion/nn/straight_through.hpp>
#include "array.hpp"
#include "packed_ternary.hpp"

namespace ternion_python {
namespace {

/// An argument of a class of ours. Its own message, because pybind11's are several lines.
template <class T>
const T& argument(const py::handle& object, const char* function, const char* name, const char* expected) {
    py::detail::make_caster<T> caster;
    if (caster.load(object, false) && !object.is_none()) return py::detail::cast_op<const T&>(caster);
    throw py::type_error(std::string(function) + ": " + name + ": expected a ternion." + expected + ", found " +
                         py::str(py::type::handle_of(object).attr("__name__")).cast<std::string>());
}

const PackedTernary& matrix_of(const py::handle& object, const char* function) {
    return argument<PackedTernary>(object, function, "w", "PackedTernary");
}

/// The sums of m tokens of k integers, by the kernels of a table.
std::vector<std::int32_t> sums_of(const ternion::KernelTable& table, std::span<const std::int8_t> q, std::size_t m,
                                  std::size_t k) {
    std::vector<std::int32_t> sums(m);
    for (std::size_t token = 0; token < m; ++token)
        sums[token] = table.sum_of(q.data() + token * k, k);
    return sums;
}

/// Y[M,N] for int8 or float32 activations of m tokens, in a new array of this shape.
py::object product(const PackedTernary& w, const ArrayArgument& x, std::size_t m, const py::tuple& shape,
                   const Threads* threads) {
    const std::size_t n = w.layer.outputs(), k = w.layer.inputs();
    if (x.type() == ElementType::float32) {
        const NewArray y = make_array(ElementType::float32, shape);
        compute(threads, [&](auto& executor) {
            PackedTernary::Layer::Workspace workspace;
            w.layer.forward(x.values<float>(), m, y.values<float>(m * n), workspace, executor);
        });
        return y.array;
    }
    x.expect(ElementType::int8, "int8 or float32");
    const NewArray y = make_array(ElementType::int32, shape);
    compute(threads, [&](auto& executor) {
        const std::span<const std::int8_t> q = x.values<std::int8_t>();
        const std::vector<std::int32_t> sums = sums_of(*w.table, q, m, k);
        const ternion::ActivationView view{q.data(), m, k, k, nullptr, sums.data()};
        const ternion::Output<std::int32_t> out{y.values<std::int32_t>(m * n).data(), n};
        ternion::multiply_weights(w.weights(), view, {0, n}, out, executor);
    });
    return y.array;
}

py::object gemv(const py::handle& w, const py::handle& q, const py::handle& executor) {
    const PackedTernary& matrix = matrix_of(w, "gemv");
    const Threads* threads = threads_of(executor, "gemv");
    const ArrayArgument x(q, "gemv: q");
    const std::size_t k = matrix.layer.inputs();
    if (x.dimensions() != 1 || x.size(0) != k) x.refuse_shape("(" + std::to_string(k) + ",)");
    return product(matrix, x, 1, py::make_tuple(matrix.layer.outputs()), threads);
}

py::object gemm(const py::handle& w, const py::handle& q, const py::handle& executor) {
    const PackedTernary& matrix = matrix_of(w, "gemm");
    const Threads* threads = threads_of(executor, "gemm");
    const ArrayArgument x(q, "gemm: q");
    const std::size_t k = matrix.layer.inputs();
    if (x.dimensions() != 2 || x.size(1) != k) x.refuse_shape("(M, " + std::to_string(k) + ")");
    return product(matrix, x, x.size(0), py::make_tuple(x.size(0), matrix.layer.outputs()), threads);
}

/// Integers of the shape of x, and the scale of each token.
py::tuple quantize(const py::handle& object, const std::string& quantizer, const std::string& isa,
                   const Threads* threads) {
    const ternion::KernelTable& table = kernels_of(isa);
    const ternion::QuantizerKernels& kernels = table.quantizer(quantizer);
    const ArrayArgument x(object, "quantize: x");
    x.expect(ElementType::float32, "float32");
    if (x.dimensions() != 1 && x.dimensions() != 2) x.refuse_shape("(K,) or (M, K)");
    const bool one = x.dimensions() == 1;
    const std::size_t m = one ? 1 : x.size(0), k = x.size(one ? 0 : 1);
    const NewArray q = make_array(ElementType::int8, one ? py::make_tuple(k) : py::make_tuple(m, k));
    const NewArray scales = make_array(ElementType::float32, one ? py::tuple() : py::make_tuple(m));
    compute(threads, [&](auto& executor) {
        ternion::split(m, 1, executor, [&](std::size_t begin, std::size_t end) {
            for (std::size_t token = begin; token < end; ++token)
                scales.values<float>(m)[token] = kernels
                                                     .quantize_token(x.values<float>().data() + token * k, k,
                                                                     q.values<std::int8_t>(m * k).data() + token * k)
                                                     .scale;
        });
    });
    return py::make_tuple(q.array, scales.array);
}

/// The gradients of gemm(w, x) for float x, of x and of the weights before they were rounded.
py::tuple backward(const py::handle& w, const py::handle& inputs, const py::handle& gradients) {
    const PackedTernary& matrix = matrix_of(w, "backward");
    const std::size_t n = matrix.layer.outputs(), k = matrix.layer.inputs();
    const ArrayArgument x(inputs, "backward: x"), dy(gradients, "backward: dy");
    x.expect(ElementType::float32, "float32");
    dy.expect(ElementType::float32, "float32");
    if (x.dimensions() != 2 || x.size(1) != k) x.refuse_shape("(M, " + std::to_string(k) + ")");
    const std::size_t m = x.size(0);
    if (dy.dimensions() != 2 || dy.size(0) != m || dy.size(1) != n)
        dy.refuse_shape("(" + std::to_string(m) + ", " + std::to_string(n) + ")");
    const NewArray dx = make_array(ElementType::float32, py::make_tuple(m, k));
    const NewArray dw = make_array(ElementType::float32, py::make_tuple(n, k));
    compute(nullptr, [&](auto&) {
        const ternion::BitLinearGradients to{dx.values<float>(m * k), dw.values<float>(n * k), {}};
        std::ranges::fill(to.x, 0.0F);
        std::ranges::fill(to.weights, 0.0F);
        PackedTernary::Layer::Workspace workspace;
        ternion::backward(matrix.layer, x.values<float>(), m, dy.values<float>(), to, workspace);
    });
    return py::make_tuple(dx.array, dw.array);
}

}  // namespace

const Threads* threads_of(const py::handle& executor, const char* function) {
    return executor.is_none() ? nullptr : &argument<Threads>(executor, function, "executor", "ThreadPool");
}

void add_products(py::module_& module) {
    const auto executor = py::arg("executor") = py::none();
    module.def("gemv", gemv, py::arg("w"), py::arg("q"), py::kw_only(), executor, R"(y[N] = W[N, K] . q[K].

q int8 [K]: exact sums, int32 [N], in which the scale of w plays no part. q float32 [K]: rounded to 8 bits by absmax
on the way, as BitNet b1.58 does; float32 [N] = float32(sum) * (w.scale * scale of q). An input that holds NaN or an
infinity gives NaN. An array that is contiguous is read in place, another is copied. Other threads of Python run
meanwhile. TypeError for other types, ValueError for other shapes.)");
    module.def("gemm", gemm, py::arg("w"), py::arg("q"), py::kw_only(), executor, R"(Y[M, N] = Q[M, K] . W[N, K]^T.

As gemv for each of M tokens, q int8 or float32 [M, K], row-major or any other order: int32 or float32 [M, N].)");
    module.def("quantize", quantize);
    module.def("backward", backward, py::arg("w"), py::arg("x"), py::arg("dy"), R"((dx, dw) of y = gemm(w, x).

By the straight-through estimator, which takes the derivative of rounding to be one: dx[M, K] = dy . W and
dw[N, K] = dy^T . X, where X and W are the rounded values of the forward pass. x [M, K] and dy [M, N] are float32, as
are the results. Source: arXiv 2310.11453, section 2.2. TypeError for other types, ValueError for other shapes.)");
}

}  // namespace ternion_python
