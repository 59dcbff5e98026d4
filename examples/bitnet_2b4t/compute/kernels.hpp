#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <ternion/runtime/any_ternary.hpp>
#include <ternion/runtime/tables.hpp>
#include <ternion/ternion.hpp>
#include <vector>

#include "elementwise.hpp"
#include "kv_format.hpp"
#include "screen_row.hpp"

namespace bitnet {

struct AttentionTile;

/// What ternary matrices are repacked to: 1.6 bits a weight where the machine decodes them in registers, else 2,
/// because one token at a time is bound by memory. The others are for products that read some rows or inputs alone.
using ComputePackings =
    ternion::type_list<ternion::Trits5x16, ternion::Interleaved2x16, ternion::Trits5Rows, ternion::I2S,
                       ternion::ByInput<ternion::Trits5Rows>, ternion::ByInput<ternion::TwoBitRows>>;

/// What the decoder spends its time in. kernels.cpp is compiled once for each instruction set that the program is made
/// for: what crosses this boundary is raw pointers and plain structs. The functions are documented where they are
/// written, in the other headers of this folder.
struct Kernels {
    /// The products of ternary matrices, norms and quantizers.
    const ternion::KernelTable* ternary;
    /// gate = activation(gate) · up, by Config::activation.
    std::array<void (*)(float* gate, const float* up, std::size_t n), 2> gated;
    void (*rotate)(float* heads, std::size_t size, const Rotation* rotations, std::size_t half);

    void (*store_token)(const KvFormat& format, std::byte* to, std::size_t position, const float* key,
                        const float* value);
    void (*attend)(const AttentionTile& tile, const KvFormat& format, const std::byte* block, std::size_t first_key,
                   std::size_t keys);

    void (*widen_f16)(const ternion::Float16* from, std::size_t n, float* to) noexcept;
    void (*widen_bf16)(const ternion::BFloat16* from, std::size_t n, float* to) noexcept;
    float (*dot_f32)(const float* a, const float* b, std::size_t n, std::size_t bytes_ahead);
    float (*dot_f16)(const ternion::Float16* a, const float* b, std::size_t n, std::size_t bytes_ahead);
    float (*dot_bf16)(const ternion::BFloat16* a, const float* b, std::size_t n, std::size_t bytes_ahead);
    void (*add_product)(const float* a, std::size_t lda, const float* b, std::size_t ldb, float* c, std::size_t ldc,
                        std::size_t rows, std::size_t cols, std::size_t depth);
    CodedRow (*code_row)(const float* numbers, std::size_t n, std::int8_t* codes, std::uint8_t* shifted);
    std::int64_t (*dot_codes)(const std::uint8_t* codes, const std::int8_t* high, const std::int8_t* low,
                              std::size_t n);
    std::uint32_t (*read_memory)(const std::byte* from, std::size_t bytes) noexcept;
};

/// How a matrix of a layer is multiplied for few tokens: as a whole, by a list of its rows, or by one of its inputs.
enum class MatrixUse { whole, rows, inputs };

/// The packing of ComputePackings that is fastest with these kernels for a matrix of this shape. `grouped`: for scales
/// in groups of inputs, whose ends must be those of the packing's pieces; such matrices are multiplied as a whole, and
/// so are those that would take more memory for a list.
const ternion::PackingKernels& compute_packing(const Kernels& kernels, ternion::Shape shape, bool grouped,
                                               MatrixUse use);

/// Those of one instruction set, for ternion::Dispatcher.
struct KernelsOf {
    template <class Isa>
    const Kernels& operator()(Isa) const;
};

/// Those of the best instruction set that this machine can run, or of the one of this name. A model is loaded for some
/// of them, which its weights name from then on: its packing depends on them. Throws std::invalid_argument for a name
/// that is none, or an instruction set that this machine can't run.
const Kernels& find_kernels(std::string_view isa = {});
/// All instruction sets that the program was made for, best first.
std::vector<ternion::IsaStatus> known_isas();

}  // namespace bitnet
