#pragma once

#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "../core/config.hpp"
#include "../core/executor.hpp"
#include "../ops/weights.hpp"
#include "../tensor/packed_ternary.hpp"
#include "input_stage.hpp"
#include "rms_norm.hpp"

namespace ternion {

/// What a caller of forward_together gives where nothing follows a product.
struct NothingFollows {
    void operator()(RowRange) const noexcept {}
};

inline namespace TERNION_ABI {

/// One layer's part in a call of `forward_together`: made by BitLinear::to and BitLinear::add_to.
template <class Layer, ResultType Out, class Then>
struct LayerOutput {
    const Layer& layer;
    std::span<Out> y;
    bool add;
    Then then;
};

/// A linear layer with ternary weights, y = W · quantised(norm(x)), composed of weights (any model of the concept
/// Weights), a quantizer for the activations and a norm before it: `BitLinear layer(pack<Interleaved2x16>(...))` is
/// b1.58's, with an RmsNorm as second argument its form with a sub-norm. Layers that share an input have no norm: an
/// InputStage prepares their activations once. W[N,K], x [M,K], y [M,N], all row-major. Const and so free to be used by
/// several callers, each with its own workspace. Weights that are a view must not outlive what they view. The integer
/// product is exact; the float result is Output's formula.
/// Source: arXiv 2402.17764, section 2; docs/family.md has the instances of other papers.
template <class W, class Q = Absmax<8>, class N = NoNorm, class Arch = default_arch>
class BitLinear {
    static_assert(SizedWeights<W>, "BitLinear: the weights need rows() and cols()");
    static_assert(!SizedWeights<W> || Weights<W, ActivationsOf<Q>, Arch>,
                  "BitLinear: the weights need a product with these activations: a const member "
                  "multiply(activations, rows, output), see the concept Weights");

 public:
    using Stage = InputStage<N, Q, Arch>;
    using Activations = ActivationsOf<Q>;
    using Workspace = InputWorkspace<Activations>;

    /// Throws std::invalid_argument where the norm has other channels than the weights have inputs.
    explicit BitLinear(W weights, N norm = {}, Q quantizer = {})
        : weights_(std::move(weights)),
          stage_(std::move(norm), std::move(quantizer), weights_need_group_sums(weights_)) {
        if constexpr (!std::is_same_v<N, NoNorm>) {
            if (stage_.norm().channels() == inputs()) return;
            TERNION_THROW(std::invalid_argument, "BitLinear: a norm of " + std::to_string(stage_.norm().channels()) +
                                                     " channels before weights of " + std::to_string(inputs()) +
                                                     " inputs");
        }
    }

    [[nodiscard]] std::size_t inputs() const noexcept { return weights_.cols(); }
    [[nodiscard]] std::size_t outputs() const noexcept { return weights_.rows(); }
    [[nodiscard]] const W& weights() const noexcept { return weights_; }
    [[nodiscard]] const N& norm() const noexcept { return stage_.norm(); }
    /// The layer's own stage, for siblings with the same input.
    [[nodiscard]] const Stage& stage() const noexcept { return stage_; }

    /// Normalises and quantises m tokens into workspace.activations, for `forward` of this layer and its siblings.
    template <class E = Serial>
    const Activations& prepare(std::span<const float> x, std::size_t m, Workspace& workspace, E&& executor = {}) const {
        return stage_.prepare(x, m, inputs(), workspace, executor);
    }

    /// y = W · quantised(norm(x)) for m tokens. Throws std::invalid_argument for sizes that don't match.
    template <class E = Serial>
    void forward(std::span<const float> x, std::size_t m, std::span<float> y, Workspace& workspace,
                 E&& executor = {}) const {
        multiply(prepare(x, m, workspace, executor), y, false, executor);
    }

    /// y += W · quantised(norm(x)): the residual is added in the epilogue.
    template <class E = Serial>
    void forward_add(std::span<const float> x, std::size_t m, std::span<float> y, Workspace& workspace,
                     E&& executor = {}) const {
        multiply(prepare(x, m, workspace, executor), y, true, executor);
    }

    /// y = W · x for activations that are prepared already, by this layer's stage or by one that it shares: exact int32
    /// sums, float, Float16 or BFloat16.
    template <ResultType Out, class E = Serial>
    void forward(const Activations& x, std::span<Out> y, E&& executor = {}) const {
        multiply(x, y, false, executor);
    }
    template <class E = Serial>
    void forward(const Activations& x, std::span<float> y, E&& executor = {}) const {
        multiply(x, y, false, executor);
    }

    /// For forward_together: y = W · x, then then(rows) on the thread that has just written those outputs of all
    /// tokens.
    template <ResultType Out, class Then = NothingFollows>
    [[nodiscard]] LayerOutput<BitLinear, Out, Then> to(std::span<Out> y, Then then = {}) const {
        return {*this, y, false, std::move(then)};
    }
    template <class Then = NothingFollows>
    [[nodiscard]] LayerOutput<BitLinear, float, Then> to(std::span<float> y, Then then = {}) const {
        return {*this, y, false, std::move(then)};
    }
    /// The same with y += W · x.
    template <class Then = NothingFollows>
    [[nodiscard]] LayerOutput<BitLinear, float, Then> add_to(std::span<float> y, Then then = {}) const {
        return {*this, y, true, std::move(then)};
    }

    /// Throws std::invalid_argument unless x and y have the sizes of this layer, and x what its scales need.
    void check(const Activations& x, std::size_t y_size) const {
        detail::check_size("BitLinear: an activation row", inputs(), x.inputs());
        detail::check_size("BitLinear: y", x.tokens() * outputs(), y_size);
        detail::check_group_sums("BitLinear", weights_need_group_sums(weights_), x);
    }

    /// Some outputs of y = W · x, or of y += W · x, with sizes that `check` has seen.
    template <ResultType Out, class E = Serial>
    void multiply_rows(const Activations& x, RowRange rows, std::span<Out> y, bool add, E&& executor = {}) const {
        Output<Out> out{y.data(), outputs()};
        if (add) {
            if constexpr (std::is_same_v<Out, float>) out.residual = y.data();
            out.residual_ld = outputs();
        }
        multiply_weights<Arch>(weights_, x, rows, out, executor);
    }

 private:
    template <ResultType Out, class E>
    void multiply(const Activations& x, std::span<Out> y, bool add, E& executor) const {
        check(x, y.size());
        multiply_rows(x, {0, outputs()}, y, add, executor);
    }

    W weights_;
    Stage stage_;
};

template <class W>
BitLinear(W) -> BitLinear<W>;
template <class W, Norm N>
BitLinear(W, N) -> BitLinear<W, Absmax<8>, N>;
template <class W, Norm N, class Q>
BitLinear(W, N, Q) -> BitLinear<W, Q, N>;

/// Several layers with the same prepared inputs, in one parallel region: a thread takes its share of each layer's
/// outputs, one layer after the other, so that
///   forward_together(x, executor, gate.to(g), up.to(u, [&](RowRange rows) { g[rows] = act(g[rows]) * u[rows]; }))
/// joins what two layers with the same number of outputs have written while it is in the cache. What follows a product
/// may use the same rows of the layers named before it, if those have as many outputs. Layers must not write into one
/// another's outputs or into x. Throws std::invalid_argument for sizes that don't match; allocates nothing. Results
/// don't depend on the executor.
template <class Activations, class E, class... Outputs>
void forward_together(const Activations& x, E&& executor, const Outputs&... outputs) {
    static_assert(
        Executor<std::remove_reference_t<E>>,
        "forward_together: the second argument is an Executor, such as Serial{}; the layers' outputs follow it");
    constexpr std::size_t step = 64;         // rows that GEMM decodes together
    constexpr std::size_t many_tokens = 48;  // with fewer, the weights are read in pieces as long as possible
    (outputs.layer.check(x, outputs.y.size()), ...);
    const std::size_t threads = (std::max)(std::size_t{1}, static_cast<std::size_t>(executor.concurrency()));
    const std::size_t pieces = threads * (x.tokens() > many_tokens ? 8 : 2);
    executor.parallel_for(pieces, [&](std::size_t index, std::size_t) {
        const auto one = [&](const auto& output) {
            const std::size_t n = output.layer.outputs(), steps = ceil_div(n, step);
            const auto end_of = [&](std::size_t piece) { return (std::min)(n, steps * piece / pieces * step); };
            const RowRange rows{end_of(index), end_of(index + 1)};
            if (rows.begin == rows.end) return;
            output.layer.multiply_rows(x, rows, output.y, output.add);
            output.then(rows);
        };
        (one(outputs), ...);
    });
}

}  // namespace TERNION_ABI
}  // namespace ternion
