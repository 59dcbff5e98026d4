#include "decoder.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "../compute/kernels.hpp"
#include "../compute/projection.hpp"

namespace bitnet {

namespace {

constexpr std::size_t some_tokens = 8;  // a piece of element-wise work

/// Rows begin to end of a matrix of `width` columns, and row i.
template <class Buffer>
auto rows(Buffer& matrix, std::size_t begin, std::size_t end, std::size_t width) {
    return std::span(matrix.data(), matrix.size()).subspan(begin * width, (end - begin) * width);
}
template <class Buffer>
auto row(Buffer& matrix, std::size_t i, std::size_t width) {
    return rows(matrix, i, i + 1, width);
}

}  // namespace

Decoder::Decoder(const Weights& weights, ternion::ThreadPool& threads)
    : weights_(weights),
      threads_(threads),
      rope_(weights.config, weights.kernels),
      attention_(weights.config, weights.kernels) {}

void Decoder::forward(std::span<const int> tokens, KvCache& cache, const std::function<void()>& between) {
    const Sequence sequence{tokens, &cache};
    forward({&sequence, 1}, between);
}

void Decoder::forward(std::span<const Sequence> sequences, const std::function<void()>& between) {
    check(sequences);
    std::vector<std::size_t> positions;
    for (const auto& [tokens, cache] : sequences) {
        cache->reserve(tokens.size());
        for (std::size_t i = 0; i < tokens.size(); ++i)
            positions.push_back(cache->length() + i);
    }
    if (positions.empty()) return;
    resize(positions.size());
    rope_.prepare(positions);
    embed(sequences);
    for (std::size_t i = 0; i < config().layers; ++i) {
        if (between) between();
        attend(weights_.layers[i], i, sequences);
        feed_forward(weights_.layers[i]);
    }
    weights_.output_norm(h_, h_, threads_);
    for (const auto& [tokens, cache] : sequences)
        cache->advance(tokens.size());
}

void Decoder::check(std::span<const Sequence> sequences) const {
    for (const Sequence& entry : sequences) {
        if (std::count_if(sequences.begin(), sequences.end(),
                          [&](const Sequence& sequence) { return sequence.cache == entry.cache; }) > 1) {
            throw std::invalid_argument("tokens of several sequences: expected each cache once, found one twice");
        }
        check(entry.tokens);
    }
}

void Decoder::check(std::span<const int> tokens) const {
    for (const int token : tokens) {
        if (token >= 0 && static_cast<std::size_t>(token) < config().vocab) continue;
        throw std::invalid_argument("token out of range: expected 0 to " + std::to_string(config().vocab - 1) +
                                    ", found " + std::to_string(token));
    }
}

void Decoder::embed(std::span<const Sequence> sequences) {
    std::size_t t = 0;
    for (const auto& [tokens, cache] : sequences) {
        for (const int token : tokens)
            weights_.embedding.read(static_cast<std::size_t>(token), row(h_, t++, config().hidden));
    }
}

/// activations = quantised(norm(x)): the inputs of BitLinear.
void Decoder::quantise(const ternion::RmsNorm& norm, std::span<const float> x) {
    const std::size_t width = norm.channels();
    activations_.resize(count_, width);
    normed_.resize(threads_.concurrency() * width);
    threads_.parallel_for(ternion::ceil_div(count_, some_tokens), [&](std::size_t index, std::size_t worker) {
        const auto normed = row(normed_, worker, width);
        for (std::size_t t = index * some_tokens; t < std::min(count_, (index + 1) * some_tokens); ++t) {
            const auto done = weights_.kernels.quantise(row(x, t, width).data(), norm.weight().data(), norm.eps(),
                                                        width, normed.data(), activations_.mutable_row(t));
            activations_.set(t, done.scale, done.sum);
        }
    });
}

/// h += o(attn_sub_norm(attention(rope(q), rope(k), v))), with q, k and v of attn_norm(h).
void Decoder::attend(const LayerWeights& layer, std::size_t index, std::span<const Sequence> sequences) {
    const std::size_t q = config().q_size(), kv = config().kv_size();
    quantise(layer.attn_norm, h_);
    project(weights_.kernels, {{layer.q, q_}, {layer.k, k_}, {layer.v, v_}}, activations_, threads_);
    ternion::in_chunks(threads_, count_, some_tokens, [&](std::size_t begin, std::size_t end) {
        for (std::size_t t = begin; t < end; ++t) {
            rope_.apply(t, row(q_, t, q));
            rope_.apply(t, row(k_, t, kv));
        }
    });
    std::size_t begin = 0;
    for (const auto& [tokens, cache] : sequences) {
        const std::size_t end = begin + tokens.size();
        cache->store(index, tokens.size(), rows(k_, begin, end, kv), rows(v_, begin, end, kv), weights_.kernels,
                     threads_);
        attention_(rows(q_, begin, end, q), cache->length(), tokens.size(), *cache, index,
                   rows(attended_, begin, end, q), threads_);
        begin = end;
    }
    quantise(layer.attn_sub_norm, attended_);
    project(weights_.kernels, {{layer.o, h_, true}}, activations_, threads_);
}

/// h += down(ffn_sub_norm(relu(gate)^2 · up)), with gate and up of ffn_norm(h).
void Decoder::feed_forward(const LayerWeights& layer) {
    quantise(layer.ffn_norm, h_);
    project(weights_.kernels, {{layer.gate, gate_}, {layer.up, up_}}, activations_, threads_,
            [&](std::size_t begin, std::size_t end) {
                for (std::size_t t = 0; t < count_; ++t) {
                    const std::size_t at = t * config().ffn + begin;
                    weights_.kernels.gated_squared_relu(gate_.data() + at, up_.data() + at, end - begin);
                }
            });
    quantise(layer.ffn_sub_norm, gate_);
    project(weights_.kernels, {{layer.down, h_, true}}, activations_, threads_);
}

std::span<const float> Decoder::logits() {
    logits_.resize(config().vocab);
    logits(count_ - 1, 1, logits_);
    return logits_;
}

void Decoder::logits(std::size_t first, std::size_t count, std::span<float> out) {
    if (count > count_ || first > count_ - count)
        throw std::out_of_range("Decoder::logits: the last call has fewer tokens");
    weights_.head().logits(rows(h_, first, first + count, config().hidden), count, out, threads_);
}

void Decoder::resize(std::size_t count) {
    count_ = count;
    h_.resize(count * config().hidden);
    for (Floats* buffer : {&q_, &attended_})
        buffer->resize(count * config().q_size());
    for (Floats* buffer : {&k_, &v_})
        buffer->resize(count * config().kv_size());
    for (Floats* buffer : {&gate_, &up_})
        buffer->resize(count * config().ffn);
}

}  // namespace bitnet
