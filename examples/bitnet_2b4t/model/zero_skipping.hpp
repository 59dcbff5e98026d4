#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <ternion/core/thread_pool.hpp>
#include <ternion/runtime/any_ternary.hpp>

namespace bitnet {

/// The products of a feed-forward part that read no weights for zeros: behind squared ReLU, `up` is needed only where
/// the gate is above zero, and of `down` the inputs that aren't zero. What is left out adds zero to norms, maxima and
/// sums, so that the results are the dense products' in every bit. Weights are read once for a few tokens, and then for
/// what any of them needs. Where nearly everything is needed, the dense products run. A workspace of its caller's.
class ZeroSkipping {
 public:
    /// More tokens together need nearly everything.
    static constexpr std::size_t most_tokens = 8;

    /// For gates of `ffn` rows.
    void resize(std::size_t ffn) { rows_.resize(ffn); }

    /// out[m, n] = up · x for rows n that token m's gate needs, and anything finite for others; gate and out [M, ffn].
    /// On the calling thread: others may call it for other rows.
    void multiply_up(const ternion::AnyTernary& up, const ternion::QuantizedActivations& x, ternion::RowRange rows,
                     std::span<const float> gate, std::span<float> out) noexcept;
    /// out += down · x.
    void add_down(const ternion::AnyTernary& down, const ternion::QuantizedActivations& x, std::span<float> out,
                  ternion::ThreadPool& threads);

 private:
    ternion::AlignedBuffer<std::uint32_t> rows_;    // of gates above zero, in the order of the calls' rows
    ternion::AlignedBuffer<std::uint32_t> inputs_;  // of down
};

}  // namespace bitnet
