#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "linear.hpp"

namespace train {

/// Causal attention within each of several sequences, with its backward pass. q [tokens, heads · head_dim], k and
/// v [tokens, kv_heads · head_dim]; sequences follow one another, and no token sees another sequence.
class Attention {
 public:
    explicit Attention(const bitnet::Config& sizes) : sizes_(sizes) {}

    /// out = softmax(q kᵀ / sqrt(head_dim)) v for each head; keeps the weights of the softmax for `backward`.
    void forward(const Floats& q, const Floats& k, const Floats& v, std::span<const std::size_t> lengths, Floats& out);
    /// Gradients of q, k and v; what they and the scratch memory held is lost.
    void backward(const Floats& q, const Floats& k, const Floats& v, const Floats& dout, Floats& dq, Floats& dk,
                  Floats& dv, Floats& dscores) const;

 private:
    template <class F>
    void each_head(F&& f) const;

    bitnet::Config sizes_;
    std::vector<std::size_t> lengths_;
    std::vector<Floats> shares_;  // [length, length] for each sequence and head
};

/// Rotary position embedding of sequences that each begin at position 0; `backward` turns gradients back.
class Rope {
 public:
    explicit Rope(const bitnet::Config& sizes);

    void forward(Floats& heads, std::span<const std::size_t> lengths) const { turn(heads, lengths, 1); }
    void backward(Floats& dheads, std::span<const std::size_t> lengths) const { turn(dheads, lengths, -1); }

 private:
    void turn(Floats& heads, std::span<const std::size_t> lengths, float direction) const;

    Floats cosines_, sines_;  // [context, head_dim / 2]
};

}  // namespace train
