#include "decoder.hpp"

#include <stdexcept>
#include <string>

#include "feed_forward.hpp"

namespace bitnet {

namespace {

constexpr std::size_t some_tokens = 8;  // a piece of element-wise work

/// Row i of a matrix of `width` columns, and rows begin to end.
template <class Buffer>
auto row(Buffer& matrix, std::size_t i, std::size_t width) {
    return std::span(matrix).subspan(i * width, width);
}
template <class Buffer>
auto rows(Buffer& matrix, std::size_t begin, std::size_t end, std::size_t width) {
    return std::span(matrix).subspan(begin * width, (end - begin) * width);
}

}  // namespace

Decoder::Decoder(const Weights& weights, Threads& threads)
    : weights_(weights), threads_(threads), rope_(weights.config), attention_(weights.config) {}

void Decoder::forward(std::span<const int> tokens, KvCache& cache) {
    for (const int token : tokens) {
        if (token < 0 || static_cast<std::size_t>(token) >= config().vocab) {
            throw std::invalid_argument("token out of range: expected 0 to " + std::to_string(config().vocab - 1) +
                                        ", found " + std::to_string(token));
        }
    }
    if (tokens.empty()) return;
    cache.reserve(tokens.size());
    resize(tokens.size());
    rope_.prepare(cache.length(), count_);
    embed(tokens);
    for (std::size_t i = 0; i < config().layers; ++i) {
        attend(weights_.layers[i], i, cache);
        feed_forward(weights_.layers[i]);
    }
    weights_.output_norm(h_, x_, threads_);
    cache.advance(count_);
}

void Decoder::embed(std::span<const int> tokens) {
    in_chunks(threads_, count_, some_tokens, [&](std::size_t begin, std::size_t end) {
        for (std::size_t t = begin; t < end; ++t) {
            weights_.embedding.read(static_cast<std::size_t>(tokens[t]), row(h_, t, config().hidden));
        }
    });
}

/// h += o(attn_sub_norm(attention(rope(q), rope(k), v))), with q, k and v of attn_norm(h).
void Decoder::attend(const LayerWeights& layer, std::size_t index, KvCache& cache) {
    layer.attn_norm(h_, x_, threads_);
    ternion::quantize(ternion::Absmax<8>{}, std::span<const float>(x_), count_, config().hidden, activations_,
                      threads_);
    layer.q.forward(activations_, q_, threads_);
    layer.k.forward(activations_, k_, threads_);
    layer.v.forward(activations_, v_, threads_);
    in_chunks(threads_, count_, some_tokens, [&](std::size_t begin, std::size_t end) {
        for (std::size_t t = begin; t < end; ++t) {
            rope_.apply(t, row(q_, t, config().q_size()));
            rope_.apply(t, row(k_, t, config().kv_size()));
        }
    });
    cache.store(index, count_, k_, v_, threads_);
    attention_(q_, cache.length(), count_, cache, index, attended_, threads_);
    layer.o.forward_add(attended_, count_, h_, workspace_, threads_);
}

/// h += down(ffn_sub_norm(relu(gate)^2 · up)), with gate and up of ffn_norm(h).
void Decoder::feed_forward(const LayerWeights& layer) {
    layer.ffn_norm(h_, x_, threads_);
    ternion::quantize(ternion::Absmax<8>{}, std::span<const float>(x_), count_, config().hidden, activations_,
                      threads_);
    layer.gate.forward(activations_, gate_, threads_);
    layer.up.forward(activations_, up_, threads_);
    in_chunks(threads_, count_, some_tokens, [&](std::size_t begin, std::size_t end) {
        gated_squared_relu(rows(gate_, begin, end, config().ffn), rows(up_, begin, end, config().ffn));
    });
    layer.down.forward_add(gate_, count_, h_, workspace_, threads_);
}

std::span<const float> Decoder::logits() {
    logits_.resize(config().vocab);
    logits(count_ - 1, 1, logits_);
    return logits_;
}

void Decoder::logits(std::size_t first, std::size_t count, std::span<float> out) {
    if (first + count > count_) throw std::out_of_range("Decoder::logits: the last run has fewer tokens");
    weights_.head().logits(rows(x_, first, first + count, config().hidden), count, out, threads_);
}

void Decoder::resize(std::size_t count) {
    count_ = count;
    for (Floats* buffer : {&h_, &x_})
        buffer->resize(count * config().hidden);
    for (Floats* buffer : {&q_, &attended_})
        buffer->resize(count * config().q_size());
    for (Floats* buffer : {&k_, &v_})
        buffer->resize(count * config().kv_size());
    for (Floats* buffer : {&gate_, &up_})
        buffer->resize(count * config().ffn);
}

}  // namespace bitnet
