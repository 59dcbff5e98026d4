#include "decoder.hpp"

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <string>

#include "../compute/kernels.hpp"

namespace bitnet {

using namespace program;

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

const InputNorm* norm_of(const InputNorm& norm) {
    return &norm;
}
const InputNorm* norm_of(const OptionalNorm& norm) {
    return norm.norm();
}

}  // namespace

Decoder::Decoder(const Weights& weights, ternion::ThreadPool& threads)
    : weights_(weights),
      threads_(threads),
      rope_(weights.config, weights.kernels, weights.rope_divisors),
      attention_(weights.shares.own, weights.kernels) {}

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
    clock_.start();
    resize(positions.size());
    rope_.prepare(positions);
    embed(sequences);
    clock_.end(TokenPart::norms);
    for (std::size_t i = 0; i < config().layers; ++i) {
        poll(between);
        attend(weights_.layers[i], i, sequences);
        feed_forward(weights_.layers[i], zeros_ != nullptr ? &(*zeros_)[i] : nullptr);
    }
    make_whole();
    ternion::normalise_tokens(weights_.output_norm, h_, h_, threads_);
    clock_.end(TokenPart::norms);
    for (const auto& [tokens, cache] : sequences)
        cache->advance(tokens.size());
}

/// A few tokens are soon done: only what takes longer is given up on its way, which all ranks must know of.
void Decoder::poll(const std::function<void()>& between) {
    ternion::AnyCommunicator* const ranks = weights_.shares.ranks;
    if (ranks == nullptr) return between ? between() : void();
    constexpr std::size_t few_tokens = 8;
    if (count_ <= few_tokens) return;
    std::exception_ptr given_up;
    try {
        if (between && ranks->rank() == 0) between();
    } catch (...) {
        given_up = std::current_exception();
    }
    std::byte ends{given_up != nullptr};
    ranks->broadcast({&ends, 1});
    if (given_up) std::rethrow_exception(given_up);
    if (ends != std::byte{0}) throw GivenUp();
}

/// A matrix of which each rank has computed some columns.
void Decoder::gather(const ternion::Shares& shares, std::span<const float> part, std::span<float> whole) {
    gather_.all(*weights_.shares.ranks, shares, count_, part, whole.data(), shares.count());
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
    h_is_whole_ = true;
    if (weights_.shares.ranks == nullptr) return;
    const ternion::Shares& shares = weights_.shares.hidden;
    const std::size_t rank = weights_.shares.rank, width = shares.size(rank);
    own_h_.resize(count_ * width);
    for (t = 0; t < count_; ++t)
        std::copy_n(row(h_, t, config().hidden).data() + shares.begin(rank), width, row(own_h_, t, width).data());
}

/// On several ranks, h is whole where somebody needs it to be.
void Decoder::make_whole() {
    if (h_is_whole_) return;
    gather(weights_.shares.hidden, own_h_, h_);
    h_is_whole_ = true;
}

/// stage.prepare(x), where `part` has this rank's columns of x; `whole` may be used for x.
template <class N>
const ternion::AnyActivations& Decoder::gathered(const ternion::InputStage<N, InputQuantizer>& stage,
                                                 const ternion::Shares& columns, std::span<const float> part,
                                                 Floats& whole) {
    if (!codes_.run(*weights_.shares.ranks, columns, norm_of(stage.norm()), stage.quantizer(), part, count_,
                    inputs_.activations, threads_)) {
        whole.resize(count_ * columns.count());
        gather(columns, part, whole);
        return stage.prepare(whole, count_, columns.count(), inputs_, threads_);
    }
    if (stage.group_sums()) add_group_sums<ternion::default_arch>(stage.quantizer(), inputs_.activations, threads_);
    return inputs_.activations;
}

/// stage.prepare(h).
const ternion::AnyActivations& Decoder::inputs_of(const InputStage& stage) {
    if (!h_is_whole_) return gathered(stage, weights_.shares.hidden, own_h_, h_);
    return stage.prepare(h_, count_, config().hidden, inputs_, threads_);
}

/// Linear layers of norm(h), each into its output, by one stage or, where each has a norm of its own, one by one.
template <class... Outputs>
void Decoder::project(TokenPart part, const InputStage& stage, const Outputs&... outputs) {
    const auto multiply = [&](const ternion::AnyActivations& inputs, const auto&... layers) {
        clock_.end(TokenPart::norms);
        forward_together(inputs, threads_, layers...);
        clock_.end(part);
    };
    if (!config().projection_norms) return multiply(inputs_of(stage), outputs...);
    make_whole();
    ternion::normalise_tokens(stage.norm(), h_, normed_, threads_);
    (multiply(outputs.layer.prepare(normed_, count_, inputs_, threads_), outputs), ...);
}

/// Queries or keys as attention takes them: each head normalised, where the model does so, then rotated.
void Decoder::turn(const OptionalNorm& norm, std::span<float> heads, std::size_t token) {
    const std::size_t head = config().head_dim;
    for (std::size_t at = 0; config().qk_norms && at < heads.size(); at += head)
        norm.normalise(heads.data() + at, heads.data() + at);
    rope_.apply(token, heads);
}

/// h += o(attn_sub_norm(attention(rope(q), rope(k), v))), with q, k and v of attn_norm(h).
void Decoder::attend(const LayerWeights& layer, std::size_t index, std::span<const Sequence> sequences) {
    const std::size_t q = own().q_size(), kv = own().kv_size();
    project(TokenPart::qkv, layer.attn_norm, layer.q.to(q_), layer.k.to(k_), layer.v.to(v_));
    ternion::in_chunks(threads_, count_, some_tokens, [&](std::size_t begin, std::size_t end) {
        for (std::size_t t = begin; t < end; ++t) {
            turn(layer.q_norm, row(q_, t, q), t);
            turn(layer.k_norm, row(k_, t, kv), t);
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
    clock_.end(TokenPart::attention);
    add(TokenPart::attention_output, layer.o, weights_.shares.of_heads(config().q_size()), attended_);
}

/// h += W · norm(x), where `part` has this rank's columns of x.
void Decoder::add(TokenPart name, const Linear& layer, const ternion::Shares& columns, std::span<const float> part,
                  bool skip_zeros) {
    const bool alone = weights_.shares.ranks == nullptr;
    const ternion::AnyActivations& x =
        alone ? layer.prepare(part, count_, inputs_, threads_) : gathered(layer.stage(), columns, part, whole_);
    clock_.end(TokenPart::norms);
    const std::span<float> h = alone ? h_ : own_h_;
    if (skip_zeros) {
        skipping_.add_down(layer.weights(), x.quantized(), h, threads_);
    } else {
        forward_together(x, threads_, layer.add_to(h));
    }
    h_is_whole_ = alone;
    clock_.end(name);
}

/// h += down(ffn_sub_norm(activation(gate) · up)), with gate and up of ffn_norm(h).
void Decoder::feed_forward(const LayerWeights& layer, ZeroCounts* zeros) {
    const auto activate = [&](ternion::RowRange rows) {
        for (std::size_t t = 0; t < count_; ++t) {
            const std::size_t at = t * own().ffn + rows.begin;
            weights_.kernels.gated[static_cast<std::size_t>(config().activation)](gate_.data() + at, up_.data() + at,
                                                                                  rows.end - rows.begin);
        }
    };
    const bool skip_zeros = weights_.skips_zeros && count_ <= ZeroSkipping::most_tokens && zeros == nullptr;
    if (skip_zeros) {
        const auto& x = inputs_of(layer.ffn_norm);
        clock_.end(TokenPart::norms);
        forward_together(x, threads_, layer.gate.to(gate_, [&](ternion::RowRange rows) {
            skipping_.multiply_up(layer.up.weights(), x.quantized(), rows, gate_, up_);
            activate(rows);
        }));
        clock_.end(TokenPart::gate_up);
    } else if (zeros == nullptr) {
        project(TokenPart::gate_up, layer.ffn_norm, layer.gate.to(gate_), layer.up.to(up_, activate));
    } else {
        project(TokenPart::gate_up, layer.ffn_norm, layer.gate.to(gate_));
        zeros->add_gates(config().activation, gate_);
        project(TokenPart::gate_up, layer.ffn_norm, layer.up.to(up_));
        activate({0, own().ffn});
    }
    add(TokenPart::down, layer.down, weights_.shares.ffn, gate_, weights_.skips_zeros);
    if (zeros != nullptr) zeros->add_inputs(inputs_.activations);
}

void Decoder::count_zeros(std::vector<ZeroCounts>* counts) {
    zeros_ = counts;
    if (counts != nullptr) counts->resize(config().layers);
}

std::span<const float> Decoder::logits() {
    logits_.resize(weights_.head().vocab());
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
    if (config().projection_norms) normed_.resize(count * config().hidden);
    for (Floats* buffer : {&q_, &attended_})
        buffer->resize(count * own().q_size());
    for (Floats* buffer : {&k_, &v_})
        buffer->resize(count * own().kv_size());
    for (Floats* buffer : {&gate_, &up_})
        buffer->resize(count * own().ffn);
    skipping_.resize(own().ffn);
}

}  // namespace bitnet
