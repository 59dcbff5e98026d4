#pragma once

#include <cstddef>
#include <string_view>

#include "../cost/token_work.hpp"
#include "../files/named_sizes.hpp"

namespace ternion {
struct PackingKernels;
}

namespace bitnet {

/// What a random model of a size will be made of when it is loaded, known without making it.
struct PredictedSize {
    Config config;
    ModelForm form;
    std::size_t embedding_bytes;  // of all tables that stay in memory as a file has them

    /// The size by its name, with the packing that is given or, where that is null, chosen for the instruction set.
    /// Throws as find_size and find_kernels do.
    PredictedSize(std::string_view name, std::string_view isa, const ternion::PackingKernels* packing);

    /// Bytes that a sequence of so many tokens needs: layers, embedding, the head's int8 copy and the KV cache, without
    /// working memory.
    double memory(std::size_t tokens, KvType kv) const;
    /// Operations that a prompt takes up to its first token.
    double prompt_operations(std::size_t tokens, KvType kv) const;
};

/// Bytes of the layers' matrices.
double layer_bytes(const TokenWork& work);

}  // namespace bitnet
