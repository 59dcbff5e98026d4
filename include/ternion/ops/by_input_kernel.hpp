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
    static constexpr std::size_t most = 16;

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
    /// Of the four registers that four inputs are interleaved to, those that are multiplied at once.
    static constexpr std::size_t width = B::registers > 16 ? 4 : 2;
    static constexpr int bits = detail::whole_byte_codes<B> ? 8 : 4;
    static_assert(SomeInputs::most / 4 <= B::fold_every(detail::highest_code(bits)));

    /// sums += codes · x for one unit, `place` bytes from where the inputs' weights begin, in the order of `ordered`.
    /// What lies at the same place of the `next` inputs is asked for.
    static TERNION_NOINLINE void run(const SomeInputs& w, const SomeInputs& next, std::size_t place,
                                     const std::int8_t* x, std::int32_t* sums) noexcept {
        for (std::size_t part = 0; part < parts; ++part) {
            unroll<4 / width>([&](auto group) TERNION_INLINE_LAMBDA {
                multiply<group * width>(w, next, place + part * B::bytes, part == 0 && group == 0, x,
                                        sums + (part * 4 + group * width) * fields * B::lanes);
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
    template <std::size_t First>
    static TERNION_INLINE void multiply(const SomeInputs& w, const SomeInputs& next, std::size_t place, bool ask,
                                        const std::int8_t* x, std::int32_t* sums) noexcept {
        std::array<typename B::Narrow, width * fields> sum;
        unroll<sum.size()>([&](auto i) TERNION_INLINE_LAMBDA { sum[i] = B::narrow_zero(); });
        const std::size_t steps = w.steps();
        for (std::size_t s = 0; s < steps; ++s) {
            std::array<typename B::Bytes, 4> packed;
            unroll<4>([&](auto j) TERNION_INLINE_LAMBDA {
                if (ask) B::prefetch(next.weights[4 * s + j] + place);
                packed[j] = B::load(w.weights[4 * s + j] + place);
            });
            const auto inputs = B::interleave4(packed[0], packed[1], packed[2], packed[3]);
            const auto four = B::broadcast4(x + 4 * s);
            unroll<width>([&](auto i) TERNION_INLINE_LAMBDA {
                const auto split = Codec::template split_bytes<B>(inputs[First + i]);
                unroll<fields>([&](auto f) TERNION_INLINE_LAMBDA {
                    constexpr int unit = detail::unit_of_field<Codec, B, f, bits>;
                    auto& accumulator = sum[i * fields + f];
                    accumulator = B::dot(accumulator, Codec::template field<B, f, unit>(split), four);
                });
            });
        }
        unroll<sum.size()>([&](auto i) TERNION_INLINE_LAMBDA {
            constexpr int shift = detail::shift_of_field<Codec, B, i % fields, bits>;
            std::int32_t* out = sums + i * B::lanes;
            B::store_wide(out, B::template fold<shift>(B::load_wide(out), sum[i]));
        });
    }
};

}  // namespace TERNION_ABI
}  // namespace ternion
