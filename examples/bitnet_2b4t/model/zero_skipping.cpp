#include "zero_skipping.hpp"

#include <algorithm>
#include <cmath>

#include <ternion/tensor/listed_activations.hpp>

namespace bitnet {
namespace {

/// Whether a list of so many hundredths is faster than everything. A row or input by itself takes longer than one of
/// many; several tokens share what is decoded of inputs, but of rows only where all of them are multiplied
/// (docs/tried.md, lists of rows and of inputs).
bool pays(std::size_t listed, std::size_t all, std::size_t most) {
    return listed * 100 <= all * most;
}
constexpr std::size_t most_inputs = 85;
constexpr std::size_t most_rows(std::size_t tokens) {
    return 85 - 5 * (tokens - 1);
}
static_assert(most_rows(ZeroSkipping::most_tokens) == 50);

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
    std::size_t found = 0;
    for (std::size_t n = rows.begin; n < rows.end; ++n) {
        bool needed = false;
        for (std::size_t at = n; at < gate.size(); at += ffn)
            needed = needed || !(gate[at] <= 0);
        list[found] = static_cast<std::uint32_t>(n);
        found += needed ? 1 : 0;
    }
    return found;
}

}  // namespace

void ZeroSkipping::multiply_up(const ternion::AnyTernary& up, const ternion::QuantizedActivations& x,
                               ternion::RowRange rows, std::span<const float> gate, std::span<float> out) noexcept {
    const std::size_t ffn = up.rows();
    const ternion::Output<float> output{out.data(), ffn};
    if (!are_finite(up, x)) return up.multiply(x, rows, output);
    std::uint32_t* list = rows_.data() + rows.begin;
    const std::size_t found = list_rows(gate, ffn, rows, list);
    if (!pays(found, rows.end - rows.begin, most_rows(x.tokens()))) return up.multiply(x, rows, output);
    for (std::size_t m = 0; m < x.tokens(); ++m)
        std::fill_n(out.data() + m * ffn + rows.begin, rows.end - rows.begin, 0.0F);
    up.multiply_listed(x.view(), {list, found}, output);
}

void ZeroSkipping::add_down(const ternion::AnyTernary& down, const ternion::QuantizedActivations& x,
                            std::span<float> out, ternion::ThreadPool& threads) {
    const bool few = x.tokens() <= most_tokens;
    inputs_.resize(x.inputs());
    const std::size_t found = few ? ternion::list_inputs(x.view(), inputs_.data()) : x.inputs();
    const std::span<const std::uint32_t> list(inputs_.data(), found);
    const bool listed = few && pays(found, x.inputs(), most_inputs);
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
