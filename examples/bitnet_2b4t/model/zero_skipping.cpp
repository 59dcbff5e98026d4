#include "zero_skipping.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <ternion/tensor/listed_activations.hpp>

namespace bitnet {
namespace {

/// Whether a list is faster than everything: a row or input by itself takes longer than one of many, for one token and
/// for several (docs/tried.md, lists of rows and of inputs).
bool pays(std::size_t listed, std::size_t all) {
    constexpr std::size_t most = 85;
    return listed * 100 <= all * most;
}
/// Tokens that share the rows that any of them needs take as long as each would with so many hundredths of these for
/// itself.
constexpr std::size_t most_alone = 45;

/// Whether no output can be infinite or NaN, which a gate of zero would make NaN.
bool are_finite(const ternion::AnyTernary& w, const ternion::QuantizedActivations& x) {
    const ternion::TernaryBytes& bytes = w;
    if (!bytes.has_one_scale() || x.group_inputs() != 0) return false;
    const auto largest_sum = 128 * static_cast<float>(w.cols());
    for (std::size_t m = 0; m < x.tokens(); ++m)
        if (!std::isfinite(largest_sum * (w.scale() * x.scale(m)))) return false;
    return true;
}

/// Writes the rows in which some token's gate isn't zero or less, in ascending order, and returns how many there are.
/// NaN counts as a value.
std::size_t list_rows(std::span<const float> gate, std::size_t ffn, ternion::RowRange rows, std::uint32_t* list) {
    constexpr std::size_t at_once = 256;
    std::size_t found = 0;
    for (std::size_t row = rows.begin; row < rows.end; row += at_once) {
        const std::size_t count = std::min(at_once, rows.end - row);
        std::array<std::uint8_t, at_once> needed{};
        for (std::size_t at = row; at < gate.size(); at += ffn)
            for (std::size_t i = 0; i < count; ++i)
                needed[i] = needed[i] | static_cast<std::uint8_t>(!(gate[at + i] <= 0));
        for (std::size_t i = 0; i < count; ++i) {
            list[found] = static_cast<std::uint32_t>(row + i);
            found += needed[i];
        }
    }
    return found;
}

/// How many gates of these rows aren't zero or less, in all tokens together.
std::size_t count_gates(std::span<const float> gate, std::size_t ffn, ternion::RowRange rows) {
    std::size_t count = 0;
    for (std::size_t at = 0; at < gate.size(); at += ffn)
        for (std::size_t n = rows.begin; n < rows.end; ++n)
            count += gate[at + n] <= 0 ? 0U : 1U;
    return count;
}

/// Of activations without scales in groups, as models have that leave zeros out.
ternion::ActivationView one_token(const ternion::QuantizedActivations& x, std::size_t m) {
    ternion::ActivationView one = x.view();
    one.q += m * one.ld;
    one.scales += m;
    one.sums += m;
    one.m = 1;
    return one;
}

/// The listed rows of each token by itself, a few at a time, which then are in a cache for the next token.
void multiply_alone(const ternion::AnyTernary& up, const ternion::QuantizedActivations& x, ternion::RowRange rows,
                    std::span<const float> gate, std::span<float> out, std::uint32_t* list) {
    constexpr std::size_t few = 256;
    const std::size_t ffn = up.rows();
    for (std::size_t row = rows.begin; row < rows.end; row += few) {
        const ternion::RowRange some{row, std::min(row + few, rows.end)};
        for (std::size_t m = 0; m < x.tokens(); ++m) {
            const std::size_t found = list_rows(gate.subspan(m * ffn, ffn), ffn, some, list);
            const ternion::Output<float> output{out.data() + m * ffn, ffn};
            up.multiply_listed(one_token(x, m), {list, found}, output);
        }
    }
}

}  // namespace

void ZeroSkipping::multiply_up(const ternion::AnyTernary& up, const ternion::QuantizedActivations& x,
                               ternion::RowRange rows, std::span<const float> gate, std::span<float> out) noexcept {
    const std::size_t ffn = up.rows();
    const ternion::Output<float> output{out.data(), ffn};
    if (!are_finite(up, x)) return up.multiply(x, rows, output);
    std::uint32_t* list = rows_.data() + rows.begin;
    const std::size_t found = list_rows(gate, ffn, rows, list);
    const bool alone = count_gates(gate, ffn, rows) * 100 <= found * x.tokens() * most_alone;
    if (!alone && !pays(found, rows.end - rows.begin)) return up.multiply(x, rows, output);
    for (std::size_t m = 0; m < x.tokens(); ++m)
        std::fill_n(out.data() + m * ffn + rows.begin, rows.end - rows.begin, 0.0F);
    if (alone) return multiply_alone(up, x, rows, gate, out, list);
    up.multiply_listed(x.view(), {list, found}, output);
}

void ZeroSkipping::add_down(const ternion::AnyTernary& down, const ternion::QuantizedActivations& x,
                            std::span<float> out, ternion::ThreadPool& threads) {
    const bool few = x.tokens() <= most_tokens;
    inputs_.resize(x.inputs());
    const std::size_t found = few ? ternion::list_inputs(x.view(), inputs_.data()) : x.inputs();
    const std::span<const std::uint32_t> list(inputs_.data(), found);
    const bool listed = few && pays(found, x.inputs());
    ternion::Output<float> output{out.data(), down.rows()};
    output.residual = out.data();
    output.residual_ld = down.rows();
    // As many pieces as forward_together makes, but of outputs whose codes lie together, if that is enough of them.
    const std::size_t stripe = down.packing().stripe_rows(down.shape());
    const std::size_t step = ternion::ceil_div(down.rows(), stripe) < threads.concurrency() ? 64 : stripe;
    const std::size_t steps = ternion::ceil_div(down.rows(), step);
    const std::size_t pieces = std::min(steps, (few ? 2 : 8) * threads.concurrency());
    threads.parallel_for(pieces, [&](std::size_t piece, std::size_t) {
        const auto end_of = [&](std::size_t i) { return std::min(down.rows(), steps * i / pieces * step); };
        const ternion::RowRange rows{end_of(piece), end_of(piece + 1)};
        listed ? down.multiply(ternion::ListedActivations{x.view(), list}, rows, output)
               : down.multiply(x, rows, output);
    });
}

}  // namespace bitnet
