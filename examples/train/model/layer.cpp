#include "layer.hpp"

namespace train {

namespace {

const Layout::Piece& piece(const Layout& layout, std::size_t index, const char* name) {
    return layout.piece("blk." + std::to_string(index) + "." + name + ".weight");
}

}  // namespace

Layer::Layer(const Recipe& recipe, const Layout& layout, std::size_t index, const ternion::KernelTable& kernels)
    : kind_(recipe.weights),
      eps_(recipe.sizes.norm_eps),
      centred_(recipe.sizes.bit_linear == bitnet::BitLinearKind::v1),
      kernels_(kernels),
      attn_norm_(norm(recipe, layout, index, "attn_norm", bitnet::LayerInput::attention)),
      attn_sub_norm_(norm(recipe, layout, index, "attn_sub_norm", bitnet::LayerInput::attention_output)),
      ffn_norm_(norm(recipe, layout, index, "ffn_norm", bitnet::LayerInput::feed_forward)),
      ffn_sub_norm_(norm(recipe, layout, index, "ffn_sub_norm", bitnet::LayerInput::feed_forward_down)),
      q_(piece(layout, index, "attn_q"), kind_, kernels),
      k_(piece(layout, index, "attn_k"), kind_, kernels),
      v_(piece(layout, index, "attn_v"), kind_, kernels),
      o_(piece(layout, index, "attn_output"), kind_, kernels),
      gate_(piece(layout, index, "ffn_gate"), kind_, kernels),
      up_(piece(layout, index, "ffn_up"), kind_, kernels),
      down_(piece(layout, index, "ffn_down"), kind_, kernels) {}

void Layer::update(std::span<const float> master) {
    const auto weights = [&](const Layout::Piece* piece) { return master.subspan(piece->offset, piece->size()); };
    for (Matrix* matrix : matrices())
        matrix->linear.update(weights(matrix->piece));
    for (Norm* norm : norms())
        norm->stage = stage(norm->stage.quantizer(), weights(norm->piece));
}

Layer::Norm Layer::norm(const Recipe& recipe, const Layout& layout, std::size_t index, const char* name,
                        bitnet::LayerInput input) const {
    const Layout::Piece& found = piece(layout, index, name);
    const auto quantizer = bitnet::family_quantizer(recipe.sizes.bit_linear, input, kernels_);
    return {&found, stage(quantizer, std::vector<float>(found.size(), 1.0F))};
}

Stage Layer::stage(const bitnet::InputQuantizer& quantizer, std::span<const float> weights) const {
    return Stage(bitnet::InputNorm(ternion::AnyRmsNorm(kernels_, {weights.begin(), weights.end()}, eps_), centred_),
                 quantizer);
}

void Layer::freeze(std::span<const float> master, const Floats& entering, LayerState& state) {
    state.attn.freeze(attn_norm_.stage, entering);
    state.attn_out.freeze(attn_sub_norm_.stage, state.attended);
    state.ffn.freeze(ffn_norm_.stage, state.between);
    state.ffn_down.freeze(ffn_sub_norm_.stage, state.gated);
    for (Matrix* matrix : matrices())
        matrix->linear.freeze(master.subspan(matrix->piece->offset, matrix->piece->size()));
}

const Linear* Layer::matrix(const std::string& name) {
    for (const Matrix* matrix : matrices()) {
        if (matrix->piece->tensor.name == name) return &matrix->linear;
    }
    return nullptr;
}

void Layer::forward(Floats& h, std::span<const std::size_t> lengths, const Rope& rope, LayerState& state,
                    Stage::Workspace& prepared) const {
    state.lengths.assign(lengths.begin(), lengths.end());
    state.attn.prepare(attn_norm_.stage, h, kind_, prepared);
    q_.linear.forward(state.attn, prepared, state.q);
    k_.linear.forward(state.attn, prepared, state.k);
    v_.linear.forward(state.attn, prepared, state.v);
    rope.forward(state.q, lengths);
    rope.forward(state.k, lengths);
    state.attention.forward(state.q, state.k, state.v, lengths, state.attended);
    state.attn_out.prepare(attn_sub_norm_.stage, state.attended, kind_, prepared);
    o_.linear.forward(state.attn_out, prepared, h, true);

    state.between = h;
    state.ffn.prepare(ffn_norm_.stage, h, kind_, prepared);
    gate_.linear.forward(state.ffn, prepared, state.gate);
    up_.linear.forward(state.ffn, prepared, state.up);
    state.gated = state.gate.array().max(0.0F).square() * state.up.array();
    state.ffn_down.prepare(ffn_sub_norm_.stage, state.gated, kind_, prepared);
    down_.linear.forward(state.ffn_down, prepared, h, true);
}

void Layer::back(const Matrix& matrix, const Inputs& x, const Floats& dy, Floats& dx,
                 const WeightGradients& gradients) const {
    matrix.linear.backward_inputs(x, dy, dx);
    gradients.add(*matrix.piece, [&](std::span<float> sums) { matrix.linear.backward_weights(x, dy, sums); });
}

void Layer::back(const Norm& norm, const Floats& x, Floats& dy, Floats& dx, const WeightGradients& gradients) const {
    gradients.add(*norm.piece, [&](std::span<float> sums) {
        ternion::backward(norm.stage, values_of(x), norm.piece->size(), values_of(dy), values_of(dx), sums);
    });
}

void Layer::backward(Floats& dh, const Floats& entering, const Rope& rope, const LayerState& state, Gradients& d,
                     const WeightGradients& gradients) const {
    feed_forward_backward(dh, state, d, gradients);
    attend_backward(dh, entering, rope, state, d, gradients);
}

void Layer::feed_forward_backward(Floats& dh, const LayerState& state, Gradients& d,
                                  const WeightGradients& gradients) const {
    d.normed.setZero(state.gated.rows(), state.gated.cols());
    d.gated.setZero(state.gated.rows(), state.gated.cols());
    back(down_, state.ffn_down, dh, d.normed, gradients);
    back(ffn_sub_norm_, state.gated, d.normed, d.gated, gradients);
    const auto positive = state.gate.array().max(0.0F);
    d.up = d.gated.array() * positive.square();
    d.gate = 2.0F * d.gated.array() * positive * state.up.array();
    d.normed.setZero(dh.rows(), dh.cols());
    back(gate_, state.ffn, d.gate, d.normed, gradients);
    back(up_, state.ffn, d.up, d.normed, gradients);
    back(ffn_norm_, state.between, d.normed, dh, gradients);
}

void Layer::attend_backward(Floats& dh, const Floats& entering, const Rope& rope, const LayerState& state, Gradients& d,
                            const WeightGradients& gradients) const {
    d.normed.setZero(state.attended.rows(), state.attended.cols());
    d.attended.setZero(state.attended.rows(), state.attended.cols());
    back(o_, state.attn_out, dh, d.normed, gradients);
    back(attn_sub_norm_, state.attended, d.normed, d.attended, gradients);
    state.attention.backward(state.q, state.k, state.v, d.attended, d.q, d.k, d.v, d.scores);
    rope.backward(d.q, state.lengths);
    rope.backward(d.k, state.lengths);
    d.normed.setZero(dh.rows(), dh.cols());
    back(q_, state.attn, d.q, d.normed, gradients);
    back(k_, state.attn, d.k, d.normed, gradients);
    back(v_, state.attn, d.v, d.normed, gradients);
    back(attn_norm_, entering, d.normed, dh, gradients);
}

}  // namespace train
