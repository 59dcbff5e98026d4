// Matrices: packed, borrowed, repacked, and written out again.
#include <algorithm>
#include <memory>
#include <ternion/quant/absmean.hpp>
#include <ternion/tensor/dequantize.hpp>
#include <ternion/tensor/scales.hpp>
#include <utility>
#include <vector>

#include "callback_executor.hpp"
#include "handles.hpp"
#include "scales.hpp"

using namespace ternion_c;

namespace {

/// The matrix in a handle of the caller's.
void give(ternion_weights** weights, const ternion_isa& isa, ternion::AnyTernary matrix) {
    *weights = new ternion_weights{&isa, std::move(matrix)};
}

/// All values of W, as one row of the caller's, that holds none of its bytes.
template <class T>
std::span<T> all_values(const char* name, T* data, size_t count, const ternion_weights& weights) {
    const auto values = exactly(name, data, count, weights.matrix.shape().size());
    check_apart({name, data, sizeof(T), 1, count, count}, bytes_of(weights));
    return values;
}

/// How many scales a matrix has.
size_t scale_count(const ternion::TernaryBytes& w) {
    return w.has_one_scale() ? 1 : w.shape.n * w.groups();
}

/// Trits with whatever scales, in any packing.
ternion::AnyTernary pack(const ternion::PackingKernels& packing, std::span<const int8_t> trits, size_t n, size_t k,
                         const ternion_scales* scales, const CallbackExecutor& executor) {
    const std::span<const float> values = values_of(scales, n, k, true);
    if (is_one(scales)) return ternion::pack_as(packing, trits, n, k, values.empty() ? 1 : values[0], executor);
    // As a matrix in the packing that trits are in already.
    const auto as_they_are = ternion::borrow<ternion::Int8>(std::as_bytes(trits), n, k);
    if (scales->group_inputs == 0)
        return ternion::repack_as(packing, ternion::with_row_scales(as_they_are, values), executor);
    const auto grouped = ternion::with_group_scales(as_they_are, values, scales->group_inputs);
    return ternion::repack_as(packing, grouped, executor);
}

/// The caller's bytes with whatever scales, which are copied.
ternion::AnyTernary borrow(const ternion::PackingKernels& packing, std::span<const std::byte> bytes, size_t n, size_t k,
                           const ternion_scales* scales) {
    const std::span<const float> values = values_of(scales, n, k, true);
    if (is_one(scales)) {
        auto w = ternion::borrow(packing.packing, bytes, n, k, values.empty() ? 1 : values[0]);
        if (values.empty()) w.group_inputs = packing.packing.group_inputs;
        return {packing, w};
    }
    auto w = ternion::borrow(packing.packing, bytes, n, k);
    const auto copy = std::make_shared<const std::vector<float>>(values.begin(), values.end());
    w.scales = copy->data();
    w.group_inputs = scales->group_inputs;
    ternion::detail::check_scales(w);
    return {packing, w, copy};
}

}  // namespace

ternion_status ternion_pack(const ternion_isa* isa, const char* packing, const int8_t* trits, size_t trit_count,
                            size_t n, size_t k, const ternion_scales* scales, const ternion_executor* executor,
                            ternion_weights** weights) {
    return guarded("ternion_pack", [&] {
        required("weights", weights) = nullptr;
        const ternion_isa& kernels = isa_or_best(isa);
        const auto& to = packing_of(kernels, packing);
        packed_bytes(to.packing, n, k);
        give(weights, kernels,
             pack(to, exactly("trits", trits, trit_count, n * k), n, k, scales, CallbackExecutor(executor)));
    });
}

ternion_status ternion_pack_floats(const ternion_isa* isa, const char* packing, const float* values, size_t value_count,
                                   size_t n, size_t k, const ternion_executor* executor, ternion_weights** weights) {
    return guarded("ternion_pack_floats", [&] {
        required("weights", weights) = nullptr;
        const ternion_isa& kernels = isa_or_best(isa);
        const auto& to = packing_of(kernels, packing);
        packed_bytes(to.packing, n, k);
        const CallbackExecutor threads(executor);
        std::vector<int8_t> trits(exactly("values", values, value_count, n * k).size());
        const float scale = ternion::absmean_quantize({values, value_count}, trits);
        give(weights, kernels, ternion::pack_as(to, trits, n, k, scale, threads));
    });
}

ternion_status ternion_borrow(const ternion_isa* isa, const char* packing, const void* bytes, size_t byte_count,
                              size_t n, size_t k, const ternion_scales* scales, ternion_weights** weights) {
    return guarded("ternion_borrow", [&] {
        required("weights", weights) = nullptr;
        const ternion_isa& kernels = isa_or_best(isa);
        const auto& from = packing_of(kernels, packing);
        check_pointer("bytes", bytes, 1, 1);
        packed_bytes(from.packing, n, k);
        give(weights, kernels, borrow(from, {static_cast<const std::byte*>(bytes), byte_count}, n, k, scales));
    });
}

ternion_status ternion_repack(const ternion_isa* isa, const char* packing, const ternion_weights* from,
                              const ternion_executor* executor, ternion_weights** weights) {
    return guarded("ternion_repack", [&] {
        required("weights", weights) = nullptr;
        const ternion_isa& kernels = isa_or_best(isa);
        const CallbackExecutor threads(executor);
        give(weights, kernels,
             ternion::repack_as(packing_of(kernels, packing), required("from", from).matrix, threads));
    });
}

void ternion_free_weights(ternion_weights* weights) {
    delete weights;
}

ternion_status ternion_describe_weights(const ternion_weights* weights, ternion_weights_info* info) {
    return guarded("ternion_describe_weights", [&] {
        required("info", info) = {};
        const auto& [isa, matrix] = required("weights", weights);
        const ternion::TernaryBytes& w = matrix;
        const bool among_bytes = w.scales == nullptr && w.group_inputs != 0;
        *info = {matrix.rows(),         matrix.cols(),  matrix.packing().name.data(),
                 isa->table.isa.data(), w.data,         matrix.bytes().size(),
                 scale_count(w),        w.group_inputs, w.has_one_scale() ? w.scale : 1,
                 among_bytes ? 1 : 0};
    });
}

ternion_status ternion_copy_scales(const ternion_weights* weights, float* values, size_t value_count) {
    return guarded("ternion_copy_scales", [&] {
        const ternion::TernaryBytes& w = required("weights", weights).matrix;
        exactly("values", values, value_count, scale_count(w));
        check_apart({"values", values, sizeof(float), 1, value_count, value_count}, bytes_of(*weights));
        if (w.has_one_scale()) {
            *values = w.scale;
            return;
        }
        for (size_t row = 0; row < w.shape.n; ++row)
            for (size_t group = 0; group < w.groups(); ++group)
                *values++ = w.scale_of(row, group);
    });
}

ternion_status ternion_unpack(const ternion_weights* weights, int8_t* trits, size_t trit_count) {
    return guarded("ternion_unpack", [&] {
        const auto& w = required("weights", weights);
        w.matrix.unpack(all_values("trits", trits, trit_count, w));
    });
}

ternion_status ternion_dequantize(const ternion_weights* weights, float* values, size_t value_count,
                                  const ternion_executor* executor) {
    return guarded("ternion_dequantize", [&] {
        const auto& w = required("weights", weights);
        const auto floats = all_values("values", values, value_count, w);
        ternion::dequantize(w.matrix, floats, CallbackExecutor(executor));
    });
}
