#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "../core/aligned_buffer.hpp"
#include "../core/config.hpp"
#include "../core/executor.hpp"
#include "../ops/float_product.hpp"
#include "../tensor/listed_activations.hpp"
#include "../tensor/repack.hpp"
#include "any_quantizer.hpp"
#include "kernel_table.hpp"

namespace ternion {

/// A ternary matrix W[N,K] whose packing and instruction set are known at run time, with whatever scales TernaryBytes
/// describes: a model of the concept Weights, for BitLinear and everything above. Made by `pack_as` and `repack_as`, or
/// of bytes that lie somewhere: those, and a table of scales, must outlive it unless `owner` keeps them. Copies share
/// the bytes. The kernels outlive it: tables are constants of the program. Const use from several threads is safe.
/// Products are exact, as those of PackedTernary.
class AnyTernary {
 public:
    /// Throws std::invalid_argument for bytes in another packing than the kernels', for scales among the bytes of a
    /// packing that has none such, and for a table of another layout than TernaryBytes has.
    AnyTernary(const PackingKernels& kernels, const TernaryBytes& bytes, std::shared_ptr<const void> owner = {})
        : kernels_(&kernels), bytes_(bytes), owner_(std::move(owner)) {
        const PackingInfo& packing = kernels.packing;
        bytes_.packing = &packing;
        if (bytes.packing->name != packing.name) {
            TERNION_THROW(std::invalid_argument, "AnyTernary: expected a matrix in the packing " +
                                                     std::string(packing.name) + ", found " +
                                                     std::string(bytes.packing->name));
        }
        if (bytes.scale_rows != 1 && bytes.scale_rows != scale_panel_rows) {
            TERNION_THROW(std::invalid_argument, "AnyTernary: expected scales of 1 or " +
                                                     std::to_string(scale_panel_rows) + " rows side by side, found " +
                                                     std::to_string(bytes.scale_rows));
        }
        if (bytes.scales.halves() != nullptr && bytes.group_inputs == 0) {
            TERNION_THROW(std::invalid_argument, "AnyTernary: expected a float scale for each row, found float16");
        }
        const bool among_bytes = bytes.scales == nullptr && bytes.group_inputs != 0;
        if (among_bytes && bytes.group_inputs != packing.group_inputs) {
            TERNION_THROW(std::invalid_argument, "AnyTernary: " + std::string(packing.name) +
                                                     " has no scales among its bytes for groups of " +
                                                     std::to_string(bytes.group_inputs) + " inputs");
        }
    }

    operator const TernaryBytes&() const noexcept { return bytes_; }  // NOLINT: for checks, repacking, unpacking

    [[nodiscard]] Shape shape() const noexcept { return bytes_.shape; }
    [[nodiscard]] std::size_t rows() const noexcept { return bytes_.shape.n; }
    [[nodiscard]] std::size_t cols() const noexcept { return bytes_.shape.k; }
    [[nodiscard]] float scale() const noexcept { return bytes_.scale; }
    [[nodiscard]] const PackingInfo& packing() const noexcept { return kernels_->packing; }
    [[nodiscard]] std::span<const std::byte> bytes() const noexcept {
        return {bytes_.data, packing().bytes(bytes_.shape)};
    }
    [[nodiscard]] bool needs_group_sums() const noexcept { return bytes_.group_inputs != 0; }

    /// Writes all trits, row-major [N,K]. Throws std::invalid_argument unless there is room for N * K.
    void unpack(std::span<std::int8_t> trits) const { unpack_trits(bytes_, trits); }

    /// The product of the concept Weights, for each type of activations.
    template <ResultType Out>
    void multiply(const ActivationView& x, RowRange rows, const Output<Out>& out) const noexcept {
        kernels_->multiply(bytes_, x, rows, out);
    }
    template <ResultType Out>
    void multiply(const QuantizedActivations& x, RowRange rows, const Output<Out>& out) const noexcept {
        kernels_->multiply(bytes_, x.view(), rows, out);
    }
    template <ResultType Out>
    void multiply(const SparseActivations& x, RowRange rows, const Output<Out>& out) const noexcept {
        kernels_->multiply_sparse(bytes_, x, rows, out);
    }
    template <ResultType Out>
    void multiply(const SignActivations& x, RowRange rows, const Output<Out>& out) const noexcept {
        kernels_->multiply_signs(bytes_, x, rows, out);
    }

    template <ResultType Out>
    void multiply(const ListedActivations& x, RowRange rows, const Output<Out>& out) const noexcept {
        kernels_->multiply_listed_inputs(bytes_, x, rows, out);
    }
    /// Y[m][n] for the listed rows n, in ascending order, and no other column of Y (multiply_listed_rows).
    template <ResultType Out>
    void multiply_listed(const ActivationView& x, std::span<const std::uint32_t> rows,
                         const Output<Out>& out) const noexcept {
        kernels_->multiply_listed_rows(bytes_, x, rows, out);
    }

    /// Floats have no exact sums, so these two give no int32.
    template <FloatResult Out>
    void multiply(const FloatActivations& x, RowRange rows, const Output<Out>& out) const noexcept {
        multiply_floats(bytes_, x, rows, out);
    }
    template <FloatResult Out>
    void multiply(const AnyActivations& x, RowRange rows, const Output<Out>& out) const noexcept {
        x.are_floats() ? multiply(x.floats(), rows, out) : multiply(x.quantized(), rows, out);
    }

    /// Both parts, added after dequantising.
    template <std::same_as<SplitActivations> X>
    void multiply(const X& x, RowRange rows, const Output<float>& out) const noexcept {
        Output<float> sum = out;
        sum.residual = out.data;
        sum.residual_ld = out.ld;
        multiply(x.rest, rows, out);
        multiply(x.large, rows, sum);
    }

 private:
    const PackingKernels* kernels_;
    TernaryBytes bytes_;
    std::shared_ptr<const void> owner_;
};

/// RmsNorm by the kernels of a table: the same formula, compiled for the table's instruction set.
class AnyRmsNorm {
 public:
    /// One weight a channel, at least one; eps > 0. Throws std::invalid_argument for anything else.
    AnyRmsNorm(const KernelTable& table, std::vector<float> weight, float eps)
        : table_(&table), weight_(std::move(weight)), eps_(eps) {
        if (!weight_.empty() && eps > 0) return;
        TERNION_THROW(std::invalid_argument,
                      "RmsNorm: " + std::to_string(weight_.size()) + " weights and eps " + std::to_string(eps));
    }

    [[nodiscard]] std::size_t channels() const noexcept { return weight_.size(); }
    [[nodiscard]] std::span<const float> weight() const noexcept { return weight_; }
    [[nodiscard]] float eps() const noexcept { return eps_; }

    /// Normalises one token x[channels] into y; y may be x.
    void normalise(const float* x, float* y) const noexcept {
        table_->rms_normalise(x, weight_.data(), channels(), eps_, y);
    }

 private:
    const KernelTable* table_;
    std::vector<float> weight_;
    float eps_;
};

namespace detail {

/// What an AnyTernary of its own memory shares among its copies.
struct OwnedTernary {
    AlignedBuffer<std::byte> bytes;
    OwnedScales scales;
};

inline AnyTernary share(const PackingKernels& kernels, Shape shape, const std::byte* data, const RepackedScales& scales,
                        AlignedBuffer<std::byte> bytes) {
    auto owned = std::make_shared<OwnedTernary>(
        OwnedTernary{std::move(bytes), OwnedScales(scales.values, scales.group_inputs != 0 && kernels.fast_halves)});
    const TernaryBytes w{&kernels.packing, shape, data, scales.scale, owned->scales.view(), scales.group_inputs,
                         scales.scale_rows};
    return {kernels, w, std::move(owned)};
}

}  // namespace detail

inline namespace TERNION_ABI {

/// `pack` by name: trits, row-major [N,K], each -1, 0 or +1, and a scale that multiplies them. Throws what `pack`
/// throws.
template <class E = Serial>
AnyTernary pack_as(const PackingKernels& to, std::span<const std::int8_t> trits, std::size_t n, std::size_t k,
                   float scale = 1, E&& executor = {}) {
    const Shape shape{n, k};
    detail::check_packable(to.packing, trits, shape, scale);
    auto bytes = AlignedBuffer<std::byte>::uninitialized(to.packing.bytes(shape));
    detail::pack_trits(to.packing, trits, shape, scale, bytes.data(), detail::ranges_of(executor));
    const std::byte* data = bytes.data();
    return detail::share(to, shape, data, {scale}, std::move(bytes));
}

/// `repack` by name, of any matrix: the same trits and scales in another packing, stripe by stripe on the executor's
/// threads. Throws what `repack` throws.
template <class E = Serial>
requires Executor<std::remove_reference_t<E>>
AnyTernary repack_as(const PackingKernels& to, const TernaryBytes& from, E&& executor = {}) {
    auto bytes = AlignedBuffer<std::byte>::uninitialized(to.packing.bytes(from.shape));
    RepackedScales scales =
        detail::repack(from, to.packing, bytes.data(), detail::ranges_of(executor), scale_panel_rows);
    const std::byte* data = bytes.data();
    return detail::share(to, from.shape, data, scales, std::move(bytes));
}

/// The same into memory of the caller's, which must outlive the result: several matrices may share one piece, on huge
/// pages. Throws std::invalid_argument unless `into` has exactly to.packing.bytes(from.shape) bytes.
template <class E = Serial>
AnyTernary repack_as(const PackingKernels& to, const TernaryBytes& from, std::span<std::byte> into, E&& executor = {}) {
    if (into.size() != to.packing.bytes(from.shape)) {
        TERNION_THROW(std::invalid_argument, "repack: a matrix of " + to_string(from.shape) + " takes " +
                                                 std::to_string(to.packing.bytes(from.shape)) + " bytes, not " +
                                                 std::to_string(into.size()));
    }
    RepackedScales scales =
        detail::repack(from, to.packing, into.data(), detail::ranges_of(executor), scale_panel_rows);
    return detail::share(to, from.shape, into.data(), scales, {});
}

}  // namespace TERNION_ABI
}  // namespace ternion
