#pragma once

// What a program has compiled for one instruction set, as data: the boundary between units that are compiled for
// different machines. Everything here is raw pointers and plain structs, and needs no SIMD to be included.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "../core/config.hpp"
#include "../core/float16.hpp"
#include "../ops/epilogue.hpp"
#include "../ops/kernel_path.hpp"
#include "../packing/packing_info.hpp"
#include "../quant/token_scale.hpp"
#include "../tensor/activations.hpp"
#include "../tensor/ternary_bytes.hpp"

namespace ternion {

class SparseActivations;
class SignActivations;
struct ListedActivations;
struct SplitActivations;

/// Output<Out> with the type of the results known at run time.
struct AnyOutput {
    enum class Type : std::uint8_t { int32, float32, float16, bfloat16 };

    Type type;
    void* data;
    std::size_t ld;
    const float* residual;
    std::size_t residual_ld;
    const float* row_scales;

    template <ResultType Out>
    TERNION_INLINE AnyOutput(const Output<Out>& out) noexcept  // NOLINT: nothing is lost but the type
        : type(std::same_as<Out, std::int32_t> ? Type::int32
               : std::same_as<Out, float>      ? Type::float32
               : std::same_as<Out, Float16>    ? Type::float16
                                               : Type::bfloat16),
          data(out.data),
          ld(out.ld),
          residual(out.residual),
          residual_ld(out.residual_ld),
          row_scales(out.row_scales) {}
};

/// A packing with its products. Each writes Y[M,N] = X[M,K] · W[N,K]ᵀ for a range of rows of W on the calling thread,
/// as `multiply` does, with whatever scales `w` has; preconditions as there.
struct PackingKernels {
    PackingInfo packing;
    KernelPath path;
    bool quick;  // whether its codes are decoded so quickly that reading fewer bytes pays; true where nothing says
                 // otherwise
    bool fast_halves;  // whether scales in float16 are read as fast as floats
    void (*multiply)(const TernaryBytes& w, const ActivationView& x, RowRange rows, const AnyOutput& out) noexcept;
    void (*multiply_sparse)(const TernaryBytes& w, const SparseActivations& x, RowRange rows,
                            const AnyOutput& out) noexcept;
    void (*multiply_signs)(const TernaryBytes& w, const SignActivations& x, RowRange rows,
                           const AnyOutput& out) noexcept;
    void (*multiply_listed_inputs)(const TernaryBytes& w, const ListedActivations& x, RowRange rows,
                                   const AnyOutput& out) noexcept;
    void (*multiply_listed_rows)(const TernaryBytes& w, const ActivationView& x, std::span<const std::uint32_t> rows,
                                 const AnyOutput& out) noexcept;
};

/// A quantizer of activations that gives an int8 for each input: one token x[k] into q[k]. Beside it what scales in
/// groups need, of the weights or of the activations: the sums of every 64 of k integers.
struct QuantizerKernels {
    std::string_view name;
    TokenScale (*quantize_token)(const float* x, std::size_t k, std::int8_t* q) noexcept;
    void (*sum_groups)(const std::int8_t* q, std::size_t k, std::int32_t* sums) noexcept;
};

/// All that a program has for one instruction set. A table is made by KernelTableOf (runtime/compile.hpp) in a source
/// that is compiled for that instruction set; `Dispatcher` (simd/dispatch.hpp) chooses among them.
struct KernelTable {
    std::string_view isa;      // "avx2", "neon"; "default" for a program's own flags
    std::string_view backend;  // "avx2", "avx512vnni", ...
    std::size_t register_bytes;
    std::span<const PackingKernels> packings;
    std::span<const QuantizerKernels> quantizers;
    /// The sum of k integers, exact for k <= max_inputs: what activations that are quantised already need.
    std::int32_t (*sum_of)(const std::int8_t* q, std::size_t k) noexcept;
    void (*rms_normalise)(const float* x, const float* weight, std::size_t n, float eps, float* y) noexcept;

    /// The packing or quantizer of this name; null where the table has none.
    [[nodiscard]] const PackingKernels* find_packing(std::string_view name) const noexcept {
        for (const PackingKernels& kernels : packings)
            if (kernels.packing.name == name) return &kernels;
        return nullptr;
    }
    [[nodiscard]] const QuantizerKernels* find_quantizer(std::string_view name) const noexcept {
        for (const QuantizerKernels& kernels : quantizers)
            if (kernels.name == name) return &kernels;
        return nullptr;
    }

    /// The same, but throws std::invalid_argument with the names that there are.
    [[nodiscard]] const PackingKernels& packing(std::string_view name) const {
        if (const auto* found = find_packing(name)) return *found;
        refuse("packing", name, [&](auto&& add) {
            for (const auto& kernels : packings)
                add(kernels.packing.name);
        });
    }
    [[nodiscard]] const QuantizerKernels& quantizer(std::string_view name) const {
        if (const auto* found = find_quantizer(name)) return *found;
        refuse("quantizer", name, [&](auto&& add) {
            for (const auto& kernels : quantizers)
                add(kernels.name);
        });
    }

 private:
    template <class Each>
    [[noreturn]] static void refuse(const char* what, std::string_view name, Each&& each) {
        std::string names;
        each([&](std::string_view one) { names += (names.empty() ? "" : ", ") + std::string(one); });
        TERNION_THROW(std::invalid_argument,
                      std::string(what) + ": expected one of " + names + ", found " + std::string(name));
    }
};

}  // namespace ternion
