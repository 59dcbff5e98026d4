#pragma once

#include <cstddef>
#include <vector>

#include "linear.hpp"

namespace train {

/// Causal attention over conversations of the same length, with its backward pass. q [tokens, heads · head_dim], k and
/// v [tokens, kv_heads · head_dim]; the tokens of a conversation follow one another.
class Attention {
 public:
    explicit Attention(const bitnet::Config& sizes) : sizes_(sizes) {}

    /// out = softmax(q kᵀ / sqrt(head_dim)) v for each head; keeps the weights of the softmax for `backward`.
    void forward(const Floats& q, const Floats& k, const Floats& v, std::size_t length, Floats& out);
    /// Gradients of q, k and v; what they held is lost.
    void backward(const Floats& q, const Floats& k, const Floats& v, const Floats& dout, Floats& dq, Floats& dk,
                  Floats& dv);

 private:
    template <class F>
    void each_head(std::size_t tokens, F&& f) const;

    bitnet::Config sizes_;
    std::size_t length_ = 0;
    std::vector<Floats> shares_;  // [length, length] for each conversation and head
    Floats dscores_;
};

/// Rotary position embedding of conversations of `length` tokens, which each begin at position 0; `backward` turns
/// gradients back.
class Rope {
 public:
    explicit Rope(const bitnet::Config& sizes);

    void forward(Floats& heads, std::size_t length) const { turn(heads, length, 1); }
    void backward(Floats& dheads, std::size_t length) const { turn(dheads, length, -1); }

 private:
    void turn(Floats& heads, std::size_t length, float direction) const;

    Floats cosines_, sines_;  // [context, head_dim / 2]
};

}  // namespace train
