#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>

#include "../core/config.hpp"
#include "../core/executor.hpp"
#include "../tensor/dequantize.hpp"
#include "../tensor/float_activations.hpp"
#include "../tensor/quantize.hpp"
#include "kernel_table.hpp"

namespace ternion {

/// Activations X[M,K] whose form is chosen at run time, by an AnyQuantizer: int8 with a scale for each token or group
/// of its inputs, or floats. A workspace whose memory is reused, as those that it holds.
class AnyActivations {
 public:
    [[nodiscard]] bool are_floats() const noexcept { return are_floats_; }
    [[nodiscard]] std::size_t tokens() const noexcept { return are_floats_ ? floats_.tokens() : quantized_.tokens(); }
    [[nodiscard]] std::size_t inputs() const noexcept { return are_floats_ ? floats_.inputs() : quantized_.inputs(); }

    /// What they are; the other one is not to be asked for.
    [[nodiscard]] const QuantizedActivations& quantized() const noexcept {
        TERNION_ASSERT(!are_floats_);
        return quantized_;
    }
    [[nodiscard]] const FloatActivations& floats() const noexcept {
        TERNION_ASSERT(are_floats_);
        return floats_;
    }

    /// As QuantizedActivations; floats need no sums.
    [[nodiscard]] bool has_group_sums() const noexcept { return are_floats_ || quantized_.has_group_sums(); }
    [[nodiscard]] std::size_t group_inputs() const noexcept { return are_floats_ ? 0 : quantized_.group_inputs(); }

    /// For quantizers: what they are, to be filled from several threads.
    [[nodiscard]] QuantizedActivations& mutable_quantized() noexcept { return quantized_; }
    [[nodiscard]] FloatActivations& mutable_floats() noexcept { return floats_; }
    /// For quantizers: what they are from now on.
    QuantizedActivations& as_quantized() noexcept {
        are_floats_ = false;
        return quantized_;
    }
    FloatActivations& as_floats() noexcept {
        are_floats_ = true;
        return floats_;
    }

 private:
    QuantizedActivations quantized_;
    FloatActivations floats_;
    bool are_floats_ = false;
};

/// A policy for `quantize` and InputStage that is chosen at run time: a quantizer of a table for whole tokens or, as
/// Grouped, for groups of their inputs, or none.
class AnyQuantizer {
 public:
    using Activations = AnyActivations;

    /// With 64, 128 or 256 inputs that share a scale, or 0: all inputs of a token do. Throws std::invalid_argument for
    /// other numbers.
    explicit AnyQuantizer(const QuantizerKernels& kernels, std::size_t group_inputs = 0)
        : kernels_(&kernels), group_inputs_(group_inputs) {
        if (group_inputs == 0 || group_inputs == 64 || group_inputs == 128 || group_inputs == 256) return;
        TERNION_THROW(std::invalid_argument,
                      "AnyQuantizer: scales are shared by 64, 128 or 256 inputs, or by a token (0), not by " +
                          std::to_string(group_inputs));
    }

    /// As Unquantized: activations stay floats, and products are a slow reference.
    [[nodiscard]] static AnyQuantizer unquantized() noexcept { return {}; }

    /// The quantizer of the table; null where activations stay floats.
    [[nodiscard]] const QuantizerKernels* kernels() const noexcept { return kernels_; }
    [[nodiscard]] std::size_t group_inputs() const noexcept { return group_inputs_; }

 private:
    AnyQuantizer() = default;

    const QuantizerKernels* kernels_ = nullptr;
    std::size_t group_inputs_ = 0;
};

namespace detail {

/// A quantizer of a table as a policy for one token, or for one group of its inputs.
struct TableQuantizer {
    const QuantizerKernels& kernels;

    template <class Arch>
    [[nodiscard]] TokenScale quantize_token(const float* x, std::size_t k, std::int8_t* q) const noexcept {
        return kernels.quantize_token(x, k, q);
    }
};

}  // namespace detail

inline namespace TERNION_ABI {

inline void make_room(const AnyQuantizer& quantizer, AnyActivations& out, std::size_t m, std::size_t k) {
    if (quantizer.kernels() == nullptr) return out.as_floats().resize(m, k);
    QuantizedActivations& quantized = out.as_quantized();
    quantized.resize(m, k);
    quantized.make_group_scales(quantizer.group_inputs());
}

template <class Arch>
void fill_token(const AnyQuantizer& quantizer, AnyActivations& out, std::size_t m, const float* x) noexcept {
    const QuantizerKernels* kernels = quantizer.kernels();
    if (kernels == nullptr) return fill_token<Arch>(Unquantized{}, out.mutable_floats(), m, x);
    QuantizedActivations& quantized = out.mutable_quantized();
    const detail::TableQuantizer one{*kernels};
    if (quantizer.group_inputs() == 0) return fill_token<Arch>(one, quantized, m, x);
    fill_group_scales<Arch>(one, quantized, m, x);
    kernels->sum_groups(quantized.row(m).data(), quantized.inputs(), quantized.mutable_group_sums(m));
}

/// By the table's kernels, which may be faster than those that the caller is compiled for.
template <class Arch, class E>
void add_group_sums(const AnyQuantizer& quantizer, AnyActivations& x, E& executor) {
    if (x.has_group_sums()) return;
    QuantizedActivations& quantized = x.mutable_quantized();
    quantized.make_group_sums();
    split(quantized.tokens(), 1, executor, [&](std::size_t begin, std::size_t end) {
        for (std::size_t m = begin; m < end; ++m)
            quantizer.kernels()->sum_groups(quantized.row(m).data(), quantized.inputs(),
                                            quantized.mutable_group_sums(m));
    });
}

/// As for the activations that they are.
inline void dequantize(const AnyActivations& x, std::span<float> values) {
    x.are_floats() ? dequantize(x.floats(), values) : dequantize(x.quantized(), values);
}

}  // namespace TERNION_ABI
}  // namespace ternion
