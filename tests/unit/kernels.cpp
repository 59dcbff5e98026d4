#include "kernels.hpp"

#include <utility>

namespace test {

std::vector<std::byte> copy_of(std::span<const std::byte> bytes) {
    return {bytes.begin(), bytes.end()};
}

namespace {

/// The product of a table's row on the executor's threads.
template <class Out>
void multiply(const Kernel& kernel, const ternion::TernaryBytes& w, const ternion::ActivationView& x,
              ternion::RowRange rows, const ternion::Output<Out>& out, AnyExecutor& executor) {
    ternion::split_rows(rows, executor, [&](ternion::RowRange part) { kernel.kernels.multiply(w, x, part, out); });
}

ternion::TernaryBytes bytes_of(const Kernel& kernel, const MatrixBytes& w) {
    return {&kernel.kernels.packing, w.shape, w.data, w.scale};
}

}  // namespace

std::vector<std::byte> Kernel::pack(std::span<const std::int8_t> trits, ternion::Shape shape) const {
    return copy_of(ternion::pack_as(kernels, trits, shape.n, shape.k).bytes());
}

void Kernel::multiply_int32(const MatrixBytes& w, const ternion::ActivationView& x, ternion::RowRange rows,
                            const ternion::Output<std::int32_t>& out, AnyExecutor& executor) const {
    multiply(*this, bytes_of(*this, w), x, rows, out, executor);
}
void Kernel::multiply_float(const MatrixBytes& w, const ternion::ActivationView& x, ternion::RowRange rows,
                            const ternion::Output<float>& out, AnyExecutor& executor) const {
    multiply(*this, bytes_of(*this, w), x, rows, out, executor);
}
void Kernel::multiply_float16(const MatrixBytes& w, const ternion::ActivationView& x, ternion::RowRange rows,
                              const ternion::Output<ternion::Float16>& out, AnyExecutor& executor) const {
    multiply(*this, bytes_of(*this, w), x, rows, out, executor);
}
void Kernel::multiply_bfloat16(const MatrixBytes& w, const ternion::ActivationView& x, ternion::RowRange rows,
                               const ternion::Output<ternion::BFloat16>& out, AnyExecutor& executor) const {
    multiply(*this, bytes_of(*this, w), x, rows, out, executor);
}
void Kernel::multiply_scaled(const MatrixBytes& w, const ternion::ScaleTable* scales, const ternion::ActivationView& x,
                             ternion::RowRange rows, const ternion::Output<float>& out, AnyExecutor& executor) const {
    ternion::TernaryBytes scaled = bytes_of(*this, w);
    scaled.scales = scales == nullptr ? nullptr : scales->values;
    scaled.group_inputs = scales == nullptr ? kernels.packing.group_inputs : scales->inputs;
    scaled.scale_rows = scales == nullptr ? 1 : scales->rows;
    multiply(*this, scaled, x, rows, out, executor);
}

const std::vector<Kernel>& all_kernels() {
    static const std::vector<Kernel> kernels = [] {
        std::vector<Kernel> all;
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            (append_kernels<I>(all), ...);
        }(std::make_index_sequence<kernel_slices>{});
        return all;
    }();
    return kernels;
}

}  // namespace test
