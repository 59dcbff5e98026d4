#include "gguf_config.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <program/io/file_error.hpp>
#include "gguf_writer.hpp"
#include "model_source.hpp"

namespace bitnet {

using namespace program;
namespace {

constexpr std::uint64_t pool_none = 0, pool_last = 3;

/// The keys of one architecture.
class Reader {
 public:
    Reader(const Gguf& gguf, const Family& family)
        : gguf_(gguf), family_(family), prefix_(joined(gguf.text("general.architecture"), ".")) {}

    Config read() {
        Config config = family_.config();
        read_sizes(config);
        config.norm_eps = static_cast<float>(gguf_.real(key("attention.layer_norm_rms_epsilon")));
        // One converter leaves 2B4T's base out where config.json has it at another place; 10000 would be wrong.
        const bool required = family_.activation == Activation::squared_relu;
        config.rope_theta =
            static_cast<float>(required ? gguf_.real(key("rope.freq_base")) : real("rope.freq_base", 10000));
        config.rope_scaling = rope_scaling();
        config.rope_divisors = family_.rotates_pairs && gguf_.find_tensor("rope_freqs.weight") != nullptr;
        config.projection_norms = gguf_.find_tensor("blk.0.attn_q_norm_in.weight") != nullptr;
        config.trained_int8 = config.trained_int8 || config.projection_norms;
        config.separate_head = gguf_.find_tensor("output.weight") != nullptr;
        // Only models that are made for vectors have norms before projections.
        config.pooling = pooling(config.projection_norms ? pool_last : pool_none);
        config.activation = activation();
        config.bit_linear = bit_linear();
        config.validate(gguf_.file());
        check_family(config);
        return config;
    }

 private:
    std::string key(std::string_view name) const { return prefix_ + std::string(name); }
    bool has(std::string_view name) const { return gguf_.contains(key(name)); }
    std::size_t integer(std::string_view name) const { return static_cast<std::size_t>(gguf_.integer(key(name))); }
    std::size_t integer(std::string_view name, std::size_t otherwise) const {
        return has(name) ? integer(name) : otherwise;
    }
    double real(std::string_view name, double otherwise) const { return has(name) ? gguf_.real(key(name)) : otherwise; }

    [[noreturn]] void refuse(std::string_view name, const std::string& expected, const std::string& found) const {
        throw FileError(gguf_.file(), joined(expected, " in ", in_quotes(key(name))), found);
    }

    void read_sizes(Config& config) const {
        for (const SizeName& name : size_names)
            if (!name.optional) config.*name.size = integer(name.gguf);
        config.vocab = has("vocab_size") ? integer("vocab_size") : rows_of("token_embd.weight");
        config.kv_heads = integer("attention.head_count_kv", config.heads);
        read_head_dim(config);
    }
    std::size_t rows_of(std::string_view tensor) const {
        if (const GgufTensor* found = gguf_.find_tensor(tensor)) return found->rows();
        throw FileError(gguf_.file(), "tensor " + in_quotes(tensor), "none of that name");
    }

    /// Three keys say how wide a head is, and all of them may be absent.
    void read_head_dim(Config& config) const {
        const std::size_t shared = config.heads == 0 ? 0 : config.hidden / config.heads;
        config.head_dim = integer("attention.key_length", integer("rope.dimension_count", shared));
        for (const std::string_view name : {"attention.value_length", "rope.dimension_count"}) {
            const std::size_t found = integer(name, config.head_dim);
            if (found != config.head_dim) refuse(name, joined(config.head_dim, ", the size of a head,"), joined(found));
        }
    }

    RopeScaling rope_scaling() const {
        using enum RopeScaling::Kind;
        RopeScaling scaling;
        const std::string type = has("rope.scaling.type")                                 ? text("rope.scaling.type")
                                 : has("rope.scaling.factor") || has("rope.scale_linear") ? "linear"
                                                                                          : "none";
        // Files from before `rope.scaling.type` have the other key.
        scaling.factor = real("rope.scaling.factor", real("rope.scale_linear", 1));
        if (has("rope.scale_linear") && real("rope.scale_linear", 1) != scaling.factor)
            refuse("rope.scale_linear", "the factor of \"rope.scaling.factor\"", "another");
        if (scaling.factor == 0) scaling.factor = 1;
        gguf_.use(key("rope.scaling.original_context_length"));
        if (type == "none") return {};
        if (type != "linear" && type != "yarn") refuse("rope.scaling.type", "none, linear or yarn", in_quotes(type));
        if (!(scaling.factor > 0) || !std::isfinite(scaling.factor))
            refuse("rope.scaling.factor", "a number above 0", std::to_string(scaling.factor));
        scaling.kind = type == "linear" ? linear : yarn;
        if (scaling.kind == linear) return scaling;
        scaling.original_context = static_cast<double>(integer("rope.scaling.original_context_length"));
        scaling.beta_fast = real("rope.scaling.yarn_beta_fast", scaling.beta_fast);
        scaling.beta_slow = real("rope.scaling.yarn_beta_slow", scaling.beta_slow);
        scaling.attention = yarn_attention(scaling.factor) * real("rope.scaling.attn_factor", 1);
        // What config.json has in place of the default, and no program reads here.
        if (const double other = real("rope.scaling.yarn_attn_factor", yarn_attention(scaling.factor));
            std::abs(other - yarn_attention(scaling.factor)) > 1e-5)
            refuse("rope.scaling.yarn_attn_factor", std::to_string(yarn_attention(scaling.factor)),
                   std::to_string(other));
        return scaling;
    }
    std::string text(std::string_view name) const { return std::string(gguf_.text(key(name))); }

    /// Where the file doesn't say, the architecture does.
    Activation activation() const {
        if (!has("hidden_activation")) return family_.activation;
        const std::string name = text("hidden_activation");
        if (name == "relu2") return Activation::squared_relu;
        if (name == "silu" || name == "swish" || name == "swiglu") return Activation::silu;
        refuse("hidden_activation", "\"relu2\" or \"silu\"", in_quotes(name));
    }

    /// b1.58's, unless the file says otherwise.
    BitLinearKind bit_linear() const {
        if (!has("bitlinear.family")) return BitLinearKind::b158;
        const std::string name = text("bitlinear.family");
        const auto found = std::find(bit_linear_names.begin(), bit_linear_names.end(), name);
        if (found == bit_linear_names.end()) refuse("bitlinear.family", "v1, b1.58, a4.8 or v2", in_quotes(name));
        return static_cast<BitLinearKind>(found - bit_linear_names.begin());
    }

    Pooling pooling(std::size_t otherwise) const {
        const std::size_t type = integer("pooling_type", otherwise);
        if (type == pool_none) return Pooling::none;
        if (type == pool_last) return Pooling::last_token;
        refuse("pooling_type", "0 (none) or 3 (the last token)", joined(type));
    }

    /// 2B4T and the models of 1bitLLM differ in their activation alone, and converters have called each by the other's
    /// architecture. Where no key tells, what else they differ in must agree.
    void check_family(const Config& config) const {
        if (!family_.sub_norms || has("hidden_activation")) return;
        const std::string_view model = "tokenizer.ggml.model";
        const bool sentence_piece = gguf_.contains(model) && gguf_.text(model) == "llama";
        const bool shared_keys = config.heads != config.kv_heads;
        const bool like_2b4t = family_.activation == Activation::squared_relu;
        const bool contradicts =
            like_2b4t ? !shared_keys && (sentence_piece || config.vocab == 32002) : shared_keys && !sentence_piece;
        if (!contradicts) return;
        throw FileError(
            gguf_.file(),
            joined("a model of the kind that its architecture says, with ", like_2b4t ? "squared ReLU" : "SiLU",
                   "; without the key ", in_quotes(key("hidden_activation")), " this can't be told"),
            like_2b4t ? "heads and vocabulary as of bitnet_b1_58-3B, whose activation is SiLU"
                      : "heads and vocabulary as of BitNet b1.58 2B4T, whose activation is squared ReLU");
    }

    const Gguf& gguf_;
    const Family& family_;
    std::string prefix_;
};

}  // namespace

double yarn_attention(double factor) {
    return factor <= 1 ? 1.0 : 0.1 * std::log(factor) + 1;
}

Config read_gguf_config(const Gguf& gguf, const Family& family) {
    return Reader(gguf, family).read();
}

void write_gguf_config(GgufWriter& writer, const Config& config, const Family& family, std::string_view name) {
    const std::string prefix = joined(family.gguf.front(), ".");
    const auto add = [&](std::string_view key, auto value) { writer.add(joined(prefix, key), value); };
    writer.add("general.architecture", family.gguf.front());
    writer.add("general.name", name);
    writer.add("general.quantization_version", std::uint32_t{2});
    for (const SizeName& size : size_names)
        add(size.gguf, static_cast<std::uint32_t>(config.*size.size));
    add("attention.key_length", static_cast<std::uint32_t>(config.head_dim));
    add("attention.value_length", static_cast<std::uint32_t>(config.head_dim));
    add("attention.layer_norm_rms_epsilon", config.norm_eps);
    add("rope.freq_base", config.rope_theta);
    // Where neither the architecture nor the heads tell: see check_family.
    const bool relu = config.activation == Activation::squared_relu, shared = config.heads != config.kv_heads;
    if (config.activation != family.activation || (family.sub_norms && relu != shared))
        add("hidden_activation", config.activation == Activation::silu ? "silu" : "relu2");
    if (config.bit_linear != BitLinearKind::b158)
        add("bitlinear.family", bit_linear_names[static_cast<std::size_t>(config.bit_linear)]);
    if (config.pooling == Pooling::last_token) add("pooling_type", static_cast<std::uint32_t>(pool_last));
    const RopeScaling& scaling = config.rope_scaling;
    if (scaling.kind == RopeScaling::Kind::none || scaling.kind == RopeScaling::Kind::llama3) return;
    const bool yarn = scaling.kind == RopeScaling::Kind::yarn;
    add("rope.scaling.type", yarn ? "yarn" : "linear");
    add("rope.scaling.factor", static_cast<float>(scaling.factor));
    if (!yarn) return;
    add("rope.scaling.original_context_length", static_cast<std::uint32_t>(scaling.original_context));
    add("rope.scaling.yarn_beta_fast", static_cast<float>(scaling.beta_fast));
    add("rope.scaling.yarn_beta_slow", static_cast<float>(scaling.beta_slow));
    add("rope.scaling.attn_factor", static_cast<float>(scaling.attention / yarn_attention(scaling.factor)));
}

}  // namespace bitnet
