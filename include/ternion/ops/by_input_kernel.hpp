#pragma once

// The kernel of weights that are stored by input (packing/by_input.hpp), for one token. The bytes of four inputs are
// interleaved: a register then holds four inputs of each of some outputs, one output an int32 lane, as a register of a
// panel does, and is decoded and multiplied like one. But here its fields belong to other outputs, not to other inputs:
// each has an accumulator of its own, and all meet the same four activations.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "../core/config.hpp"
#include "../core/unroll.hpp"
#include "../packing/by_input.hpp"
#include "../packing/codes_at.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// Some inputs, of which a kernel takes four a step: where their weights begin, and their activations. Those that fill
/// the last step up are any others, with activations of zero.
struct SomeInputs {
    static constexpr std::size_t most = 64;

    std::size_t count = 0;
    std::array<const std::byte*, most> weights;

    [[nodiscard]] TERNION_INLINE std::size_t steps() const noexcept { return ceil_div(count, 4); }
};

template <class B, class P>
struct ByInputKernel {
    using Codec = typename P::Codec;
    static constexpr std::size_t fields = Codec::codes_per_byte;
    static constexpr std::size_t outputs = P::unit_outputs;         // of a unit
    static constexpr std::size_t parts = P::unit_bytes / B::bytes;  // registers that read a unit of one input
    /// Tokens that share what is decoded, at most.
    static constexpr std::size_t tokens = B::registers > 16 ? 4 : 2;
    static constexpr int bits = detail::whole_byte_codes<B> ? 8 : 4;
    static_assert(SomeInputs::most / 4 <= B::fold_every(detail::highest_code(bits)));

    /// sums += codes · x of M tokens for one unit, `place` bytes from where the inputs' weights begin, in the order of
    /// `order`. Token m's activations begin at x + m * most inputs, its sums at sums + m * ld. What lies at the same
    /// place of the `next` inputs is asked for.
    template <std::size_t M>
    static TERNION_NOINLINE void run(const SomeInputs& w, const SomeInputs& next, std::size_t place,
                                     const std::int8_t* x, std::int32_t* sums, std::size_t ld) noexcept {
        for (std::size_t part = 0; part < parts; ++part) {
            unroll<4 / width<M>>([&](auto group) TERNION_INLINE_LAMBDA {
                constexpr std::size_t first = group * width<M>;
                multiply<M, first>(w, next, place + part * B::bytes, part == 0, x,
                                   sums + (part * 4 + first) * fields * B::lanes, ld);
            });
        }
    }

    /// The sums of a unit in the order of its outputs.
    static TERNION_INLINE void order(const std::int32_t* sums, std::int32_t* ordered) noexcept {
        for (std::size_t part = 0; part < parts; ++part) {
            for (std::size_t i = 0; i < 4; ++i) {
                for (std::size_t f = 0; f < fields; ++f, sums += B::lanes) {
                    for (std::size_t p = 0; p < B::bytes; p += 16)
                        std::memcpy(ordered + 64 * f + part * B::bytes + p + 4 * i, sums + p / 4, 16);
                }
            }
        }
    }

 private:
    /// Of the four registers that four inputs are interleaved to, those that are multiplied at once.
    template <std::size_t M>
    static constexpr std::size_t width = tokens / M;

    template <std::size_t M, std::size_t First>
    static TERNION_INLINE void multiply(const SomeInputs& w, const SomeInputs& next, std::size_t place, bool ask,
                                        const std::int8_t* x, std::int32_t* sums, std::size_t ld) noexcept {
        std::array<typename B::Narrow, M * width<M> * fields> sum;
        unroll<sum.size()>([&](auto i) TERNION_INLINE_LAMBDA { sum[i] = B::narrow_zero(); });
        const std::size_t steps = w.steps();
        for (std::size_t s = 0; s < steps; ++s) {
            std::array<typename B::Bytes, 4> packed;
            unroll<4>([&](auto j) TERNION_INLINE_LAMBDA {
                if constexpr (j >= First && j < First + width<M>) {
                    if (ask) B::prefetch(next.weights[4 * s + j] + place);
                }
                packed[j] = B::load(w.weights[4 * s + j] + place);
            });
            const auto inputs = B::interleave4(packed[0], packed[1], packed[2], packed[3]);
            unroll<width<M>>([&](auto i) TERNION_INLINE_LAMBDA {
                const auto split = Codec::template split_bytes<B>(inputs[First + i]);
                unroll<fields>([&](auto f) TERNION_INLINE_LAMBDA {
                    constexpr int unit = detail::unit_of_field<Codec, B, f, bits>;
                    const auto codes = Codec::template field<B, f, unit>(split);
                    unroll<M>([&](auto m) TERNION_INLINE_LAMBDA {
                        auto& accumulator = sum[(m * width<M> + i) * fields + f];
                        accumulator = B::dot(accumulator, codes, B::broadcast4(x + m * SomeInputs::most + 4 * s));
                    });
                });
            });
        }
        unroll<sum.size()>([&](auto i) TERNION_INLINE_LAMBDA {
            constexpr int shift = detail::shift_of_field<Codec, B, i % fields, bits>;
            constexpr std::size_t of_token = width<M> * fields;
            std::int32_t* out = sums + i / of_token * ld + i % of_token * B::lanes;
            B::store_wide(out, B::template fold<shift>(B::load_wide(out), sum[i]));
        });
    }
};

}  // namespace TERNION_ABI
}  // namespace ternion
