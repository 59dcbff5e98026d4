#include "named_sizes.hpp"

#include <algorithm>
#include <cctype>
#include <stdexcept>

namespace bitnet {
namespace {

constexpr std::size_t k = 1024;

constexpr Config sizes(std::size_t layers, std::size_t hidden, std::size_t ffn, std::size_t heads, std::size_t kv_heads,
                       std::size_t head_dim, std::size_t vocab, std::size_t context, bool separate_head = false) {
    return {.layers = layers,
            .hidden = hidden,
            .ffn = ffn,
            .heads = heads,
            .kv_heads = kv_heads,
            .head_dim = head_dim,
            .vocab = vocab,
            .context = context,
            .separate_head = separate_head};
}

/// Of the papers: heads of their own keys, LLaMA-2's vocabulary.
constexpr Config paper(std::size_t layers, std::size_t hidden, std::size_t ffn, std::size_t heads) {
    return sizes(layers, hidden, ffn, heads, heads, hidden / heads, 32000, 2 * k);
}

constexpr NamedSize all[] = {
    {"2B4T", "bitnet", config_2b4t},
    {"large", "bitnet-silu", sizes(24, 1536, 4096, 16, 16, 96, 32002, 2 * k)},
    {"3B", "bitnet-silu", sizes(26, 3200, 8640, 32, 32, 100, 32002, 2 * k)},
    {"Llama3-8B", "llama", sizes(32, 4096, 14336, 32, 8, 128, 128256, 8 * k, true)},
    {"Falcon3-1B", "llama", sizes(18, 2048, 8192, 8, 4, 256, 131072, 4 * k, true)},
    {"Falcon3-3B", "llama", sizes(22, 3072, 9216, 12, 4, 256, 131072, 32 * k, true)},
    {"Falcon3-7B", "llama", sizes(28, 3072, 23040, 12, 4, 256, 131072, 32 * k, true)},
    {"Falcon3-10B", "llama", sizes(40, 3072, 23040, 12, 4, 256, 131072, 32 * k, true)},
    {"Bonsai-1.7B", "qwen3", sizes(28, 2048, 6144, 16, 8, 128, 151936, 32 * k)},
    {"Bonsai-4B", "qwen3", sizes(36, 2560, 9728, 32, 8, 128, 151936, 32 * k)},
    {"Bonsai-8B", "qwen3", sizes(36, 4096, 12288, 32, 8, 128, 151936, 64 * k, true)},
    {"125M", "bitnet-silu", paper(11, 768, 3072, 12)},
    {"350M", "bitnet-silu", paper(24, 1024, 3072, 16)},
    {"1B", "bitnet-silu", paper(24, 2048, 3584, 32)},
    {"1.5B", "bitnet-silu", paper(28, 1536, 9216, 32)},
    {"2.7B", "bitnet-silu", paper(24, 3072, 7680, 32)},
    {"3.8B", "bitnet-silu", paper(24, 3840, 8192, 32)},
    {"7B", "bitnet-silu", paper(32, 4096, 12032, 32)},
    {"13B", "bitnet-silu", paper(40, 5120, 13824, 40)},
    {"30B", "bitnet-silu", paper(60, 6656, 16384, 52)},
    {"70B", "bitnet-silu", paper(80, 8192, 24576, 64)},
    {"100B", "bitnet-silu", paper(72, 8192, 45568, 64)},
};

bool same(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

}  // namespace

std::span<const NamedSize> named_sizes() {
    return all;
}

Config with_sizes(Config config, const Config& sizes) {
    config.layers = sizes.layers;
    config.hidden = sizes.hidden;
    config.ffn = sizes.ffn;
    config.heads = sizes.heads;
    config.kv_heads = sizes.kv_heads;
    config.head_dim = sizes.head_dim;
    config.vocab = sizes.vocab;
    config.context = sizes.context;
    config.separate_head = sizes.separate_head;
    return config;
}

SizedFamily find_size(std::string_view name) {
    std::string names;
    for (const NamedSize& size : all) {
        const Family& family = *find_family(size.family);
        if (same(size.name, name)) return {family, with_sizes(family.config(), size.config)};
        names += (names.empty() ? "" : ", ") + std::string(size.name);
    }
    throw std::runtime_error("a size: expected one of " + names + ", found " + std::string(name));
}

}  // namespace bitnet
