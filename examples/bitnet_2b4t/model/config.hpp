#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace bitnet {

/// What the feed-forward part applies to its gate.
enum class Activation { squared_relu, silu };

/// How RoPE's frequencies are stretched for contexts longer than those of the first training; rope.cpp has the
/// formulas. `factor` belongs to all kinds, `original_context` to llama3 and yarn.
struct RopeScaling {
    enum class Kind { none, linear, llama3, yarn };

    Kind kind = Kind::none;
    double factor = 1;
    double original_context = 0;
    double low_frequency = 1, high_frequency = 4;  // llama3
    double beta_fast = 32, beta_slow = 1;          // yarn
    double attention = 1;                          // yarn: what sines and cosines are multiplied by
};

/// Which paper's BitLinear the layers are: what their inputs are normalised and quantised by; docs/family.md.
enum class BitLinearKind { v1, b158, a48, v2 };
inline constexpr std::array<std::string_view, 4> bit_linear_names = {"v1", "b1.58", "a4.8", "v2"};

/// What a sequence's vector is taken from, in models that are made for vectors instead of text.
enum class Pooling { none, last_token };

/// The sizes of a model, and what else tells its architecture from others. `heads` query heads share `kv_heads` key and
/// value heads; a head is `head_dim` wide. `context` is the longest sequence that the model was trained for. A reader
/// fills this in from whatever its file holds, then calls `validate`.
struct Config {
    std::size_t layers = 0;
    std::size_t hidden = 0;
    std::size_t ffn = 0;
    std::size_t heads = 0;
    std::size_t kv_heads = 0;
    std::size_t head_dim = 0;
    std::size_t vocab = 0;
    std::size_t context = 0;
    float norm_eps = 1e-5F;
    float rope_theta = 500000.0F;
    Activation activation = Activation::squared_relu;
    bool sub_norms = true;          // before the output of attention and of the feed-forward part
    bool qk_norms = false;          // of each head of queries and keys, before RoPE
    bool projection_norms = false;  // one before each ternary layer, besides that of the whole half
    bool rope_divisors = false;     // a tensor of what RoPE's frequencies are divided by
    bool separate_head = false;     // else the head is the embedding
    bool trained_int8 = true;       // with int8 activations, a scale for each token
    BitLinearKind bit_linear = BitLinearKind::b158;
    RopeScaling rope_scaling = {};
    Pooling pooling = Pooling::none;

    constexpr std::size_t q_size() const { return heads * head_dim; }
    constexpr std::size_t kv_size() const { return kv_heads * head_dim; }

    /// Throws std::runtime_error for sizes that no model can have. The bounds are far above any real model's and keep
    /// every product of two sizes far below 2^63. `file` opens the message.
    void validate(const std::string& file) const;
};

/// The sizes of BitNet b1.58 2B4T (arXiv 2504.12285).
inline constexpr Config config_2b4t{.layers = 30,
                                    .hidden = 2560,
                                    .ffn = 6912,
                                    .heads = 20,
                                    .kv_heads = 5,
                                    .head_dim = 128,
                                    .vocab = 128256,
                                    .context = 4096,
                                    .norm_eps = 1e-5F,
                                    .rope_theta = 500000.0F,
                                    .activation = Activation::squared_relu};

inline void Config::validate(const std::string& file) const {
    const auto refuse = [&](const std::string& what, const std::string& expected, const std::string& found) {
        throw std::runtime_error(file + ": impossible " + what + ": expected " + expected + ", found " + found);
    };
    const auto within = [&](const char* name, std::size_t value, std::size_t most) {
        if (value < 1 || value > most) refuse(name, "1 to " + std::to_string(most), std::to_string(value));
    };
    within("number of layers", layers, 4096);
    within("hidden size", hidden, std::size_t{1} << 20);
    within("feed-forward size", ffn, std::size_t{1} << 22);
    within("number of heads", heads, 4096);
    within("number of key/value heads", kv_heads, 4096);
    within("head size", head_dim, 4096);
    within("vocabulary size", vocab, std::size_t{1} << 24);
    within("context length", context, std::size_t{1} << 24);
    if (heads % kv_heads != 0) {
        refuse("number of key/value heads", "a divisor of " + std::to_string(heads) + " heads",
               std::to_string(kv_heads));
    }
    if (head_dim % 2 != 0) refuse("head size", "an even number (RoPE rotates pairs)", std::to_string(head_dim));
    if (q_size() > std::size_t{1} << 20) {
        refuse("heads times head size", "at most " + std::to_string(std::size_t{1} << 20), std::to_string(q_size()));
    }
    if (!std::isfinite(norm_eps) || norm_eps <= 0) {
        refuse("RMSNorm epsilon", "a positive number", std::to_string(norm_eps));
    }
    if (!std::isfinite(rope_theta) || rope_theta <= 1) {
        refuse("RoPE base", "a number above 1", std::to_string(rope_theta));
    }
    const auto positive = [&](const char* name, double value) {
        if (!std::isfinite(value) || value <= 0) refuse(name, "a number above 0", std::to_string(value));
    };
    if (rope_scaling.kind != RopeScaling::Kind::none) positive("factor of RoPE's scaling", rope_scaling.factor);
    if (rope_scaling.kind == RopeScaling::Kind::llama3 || rope_scaling.kind == RopeScaling::Kind::yarn) {
        positive("original context of RoPE's scaling", rope_scaling.original_context);
        positive("beta_fast of RoPE's scaling", rope_scaling.beta_fast);
        positive("beta_slow of RoPE's scaling", rope_scaling.beta_slow);
        positive("attention factor of RoPE's scaling", rope_scaling.attention);
    }
}

}  // namespace bitnet
