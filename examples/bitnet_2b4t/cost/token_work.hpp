#pragma once

#include <array>
#include <bitnet/token_parts.hpp>
#include <cstddef>
#include <ternion/packing/packing_info.hpp>

#include "../compute/kv_format.hpp"
#include "../model/config.hpp"

namespace bitnet {

/// Arithmetic by the type of its numbers.
enum class Operation { int8_add, int32_add, float16_add, float32_add, int8_mul, float16_mul, float32_mul };
inline constexpr std::size_t operation_kinds = 7;

/// What has to be done once for a token: operations, and bytes that are read.
struct Work {
    std::array<double, operation_kinds> operations{};
    double bytes = 0;

    double& operator[](Operation kind) { return operations[static_cast<std::size_t>(kind)]; }
    double operator[](Operation kind) const { return operations[static_cast<std::size_t>(kind)]; }
    Work& operator+=(const Work& more);
};

/// The work of each part of a token.
struct TokenWork {
    std::array<Work, token_part_names.size()> parts{};

    Work& operator[](TokenPart part) { return parts[static_cast<std::size_t>(part)]; }
    const Work& operator[](TokenPart part) const { return parts[static_cast<std::size_t>(part)]; }
    Work total() const;
};

/// What the same architecture may be made of. Activations are int8 behind ternary and int8 weights, F16 behind F16.
struct ModelForm {
    enum class Weights { ternary, int8, float16 };

    Weights weights = Weights::ternary;
    const ternion::PackingInfo* packing = nullptr;  // of ternary weights
    std::size_t group_inputs = 0;                   // of ternary weights that share a scale; 0: all of a matrix
    std::size_t scale_bytes = 2;                    // of each of those scales: F16, or 4 where that can't hold them
    bool screened_head = true;                      // an int8 copy of the head, read with activations of two digits
    std::size_t embedding_row_bytes = 0;            // 0: F16, or int8 with a scale in a model of int8
    Operation sum = Operation::int32_add;           // what adds up products of int8 activations
};

/// The work of one token that sees `keys` tokens, itself included, in a model of these sizes: what the formulas of
/// docs/energy.md say. A pure function. Not counted are exponentials, comparisons, roundings, divisions, indices, the
/// bounds of a screened head and the exact logits of the few tokens that it leaves.
TokenWork token_work(const Config& config, const ModelForm& form, const KvFormat& kv, double keys);

}  // namespace bitnet
