#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "../core/aligned_buffer.hpp"
#include "../core/config.hpp"
#include "../core/executor.hpp"
#include "../ops/gemm.hpp"
#include "../quant/absmax.hpp"
#include "../tensor/quantize.hpp"
#include "norm.hpp"

namespace ternion {

/// What a caller of layers keeps between calls: their prepared inputs, and room for normalised tokens. One a caller,
/// not a layer; it grows to the largest layer and batch and then allocates no more.
template <class Activations>
struct InputWorkspace {
    Activations activations;
    AlignedBuffer<float> normed;
};

/// The workspace of layers with int8 activations, b1.58's.
using BitLinearWorkspace = InputWorkspace<QuantizedActivations>;

inline namespace TERNION_ABI {

/// What comes before linear layers: activations = quantised(norm(x)). One stage serves all layers that share an input,
/// as q, k and v do, or gate and up: tokens are normalised and quantised once, and any number of layers multiply them.
/// `group_sums` adds what weights with scales in groups need. Const and so free to be used by several callers, each
/// with its own workspace; results don't depend on the executor. Source: arXiv 2402.17764, section 2.
template <class N = NoNorm, class Q = Absmax<8>, class Arch = default_arch>
class InputStage {
    static_assert(Norm<N>,
                  "InputStage: a norm needs channels() and normalise(x, y) noexcept, both const; a layer is made of "
                  "weights, a norm and "
                  "a quantizer, in this order");
    static_assert(
        Quantizer<Q, Arch>,
        "InputStage: a quantizer needs quantize_token<Arch>(x, k, q) that gives a TokenScale, or activations of "
        "its own with fill_token; see the concept Quantizer");

 public:
    using Activations = ActivationsOf<Q>;
    using Workspace = InputWorkspace<Activations>;

    explicit InputStage(N norm = {}, Q quantizer = {}, bool group_sums = false)
        : norm_(std::move(norm)), quantizer_(std::move(quantizer)), group_sums_(group_sums) {}

    [[nodiscard]] const N& norm() const noexcept { return norm_; }
    [[nodiscard]] const Q& quantizer() const noexcept { return quantizer_; }
    [[nodiscard]] bool group_sums() const noexcept { return group_sums_; }

    /// Normalises and quantises m tokens of k inputs into workspace.activations, and returns those. Throws
    /// std::invalid_argument for sizes that don't match. The executor splits tokens.
    template <class E = Serial>
    const Activations& prepare(std::span<const float> x, std::size_t m, std::size_t k, Workspace& workspace,
                               E&& executor = {}) const {
        detail::check_size("the input x", m * k, x.size());
        if constexpr (std::is_same_v<N, NoNorm>) {
            quantize<Arch>(quantizer_, x, m, k, workspace.activations, executor);
        } else {
            detail::check_size("the input of a norm: a token", norm_.channels(), k);
            prepare_normed(x, m, k, workspace, executor);
        }
        if (group_sums_) add_group_sums<Arch>(quantizer_, workspace.activations, executor);
        return workspace.activations;
    }

 private:
    static constexpr std::size_t tokens_at_once = 8;  // by a thread
    /// Whether each token is quantised for itself, so that it can be while its norm is in the nearest cache.
    static constexpr bool token_by_token =
        std::is_same_v<Q, decltype(measure_tokens<Arch>(std::declval<Q>(), std::span<const float>{}, std::size_t{}))>;

    template <class E>
    void prepare_normed(std::span<const float> x, std::size_t m, std::size_t k, Workspace& workspace,
                        E& executor) const {
        if constexpr (token_by_token) {
            make_room(quantizer_, workspace.activations, m, k);
            workspace.normed.resize((std::max)(std::size_t{1}, static_cast<std::size_t>(executor.concurrency())) * k);
            const auto some = [&](std::size_t index, std::size_t worker) {
                float* normed = workspace.normed.data() + worker * k;
                for (std::size_t t = index * tokens_at_once; t < (std::min)(m, (index + 1) * tokens_at_once); ++t) {
                    norm_.normalise(x.data() + t * k, normed);
                    take_token<Arch>(quantizer_, workspace.activations, t, normed);
                }
            };
            m <= tokens_at_once ? some(0, 0) : executor.parallel_for(ceil_div(m, tokens_at_once), some);
        } else {
            workspace.normed.resize(m * k);
            const std::span<float> normed(workspace.normed.data(), m * k);
            normalise_tokens(norm_, x, normed, executor);
            quantize<Arch>(quantizer_, normed, m, k, workspace.activations, executor);
        }
    }

    [[no_unique_address]] N norm_;
    [[no_unique_address]] Q quantizer_;
    bool group_sums_;
};

}  // namespace TERNION_ABI
}  // namespace ternion
