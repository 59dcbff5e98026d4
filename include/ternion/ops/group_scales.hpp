#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "../core/config.hpp"
#include "../core/shape.hpp"
#include "../packing/packing.hpp"
#include "../packing/panel.hpp"
#include "../tensor/activations.hpp"
#include "../tensor/scale_values.hpp"
#include "../tensor/ternary_view.hpp"

namespace ternion {

/// The largest group of inputs that shares a scale.
inline constexpr std::size_t max_group_inputs = 256;

/// Where the scales of a matrix lie: that of a row and a group is values[scale_place(row, group, groups, rows)].
struct GroupScales {
    std::size_t inputs;      // of a group, 64, 128 or 256; 0 where a row has one scale
    ScaleValues values;      // null: among the bytes of the packing's blocks
    std::size_t groups = 0;  // of a row; zero where all rows share their scales
    std::size_t rows = 1;    // whose scales of a group lie side by side: 1 or scale_panel_rows
};

inline namespace TERNION_ABI {

/// Which inputs share the scales of weights and of activations, and so can be multiplied together: input k lies in the
/// group k >> bits of either.
struct Groups {
    static constexpr int whole = 24;  // bits of a group that has all inputs of a row
    static_assert(max_inputs < std::size_t{1} << whole);

    int w_bits;
    int x_bits;
    std::size_t inputs;  // that are multiplied together
    const float* x_scales;
    std::size_t x_groups;  // of a token

    TERNION_INLINE Groups(const GroupScales& w, const ActivationView& x) noexcept
        : w_bits(bits_of(w.inputs)),
          x_bits(x.group_scales == nullptr ? whole : bits_of(x.group_inputs)),
          inputs(std::size_t{1} << (std::min)(w_bits, x_bits)),
          x_scales(x.group_scales == nullptr ? x.scales : x.group_scales),
          x_groups(x.group_scales == nullptr ? 1 : ceil_div(x.k, x.group_inputs)) {
        TERNION_ASSERT(inputs <= max_group_inputs);
    }

    /// How many groups share a scale of weights, as a power of two.
    [[nodiscard]] TERNION_INLINE int w_shift() const noexcept { return w_bits - (std::min)(w_bits, x_bits); }
    /// Where the last group of a row of k inputs begins.
    [[nodiscard]] TERNION_INLINE std::size_t last_begin(std::size_t k) const noexcept {
        return (k - 1) / inputs * inputs;
    }

 private:
    static TERNION_INLINE int bits_of(std::size_t group_inputs) noexcept {
        return group_inputs == 0 ? whole : std::countr_zero(group_inputs);
    }
};

/// Whether panels of P can be multiplied group by group in registers of B: their chunks end where groups do.
template <class P, class B>
inline constexpr bool panels_end_with_groups = [] {
    if constexpr (PanelPacking<P, B>) return 64 % P::chunk_inputs == 0;
    return false;
}();

/// The activations of the last group of some tokens, padded with zeros.
template <std::size_t Tokens>
using GroupTail = ActivationTail<Tokens, max_group_inputs>;

/// The scales of as many rows as a register has lanes.
template <class B>
TERNION_INLINE typename B::Floats load_scales(const float* from) noexcept {
    return B::load_floats(from);
}
template <class B>
TERNION_INLINE typename B::Floats load_scales(const Float16* from) noexcept {
    return B::widen(from);
}

/// Copies `Count` scales that lie side by side.
template <class B, std::size_t Count, class Value>
TERNION_INLINE void copy_scales(const Value* from, float* to) noexcept {
    // Scales are a stream of their own beside the codes, too thin for the hardware to fetch ahead in time.
    B::prefetch(reinterpret_cast<const std::byte*>(from) + 512);
    if constexpr (Count % B::lanes == 0) {
        for (std::size_t i = 0; i < Count; i += B::lanes)
            B::store_floats(to + i, load_scales<B>(from + i));
    } else {
        for (std::size_t i = 0; i < Count; ++i)
            to[i] = static_cast<float>(from[i]);
    }
}

/// scales[r] = the scale of row `row` + r in a group, for r below `count`. Rows are taken `Unit` at a time: `row` is a
/// multiple of it, and scales[] has room for whole units.
template <class B, std::size_t Unit, class P>
TERNION_INLINE void read_scales(const TernaryView<P>& w, const GroupScales& from, std::size_t row, std::size_t count,
                                std::size_t group, float* scales) noexcept {
    if constexpr (BlockScaledPacking<P>) {
        if (from.values == nullptr) {
            for (std::size_t r = 0; r < count; ++r)
                scales[r] = P::scale_at(w.shape(), w.data(), row + r, group);
            return;
        }
    }
    if (from.rows == scale_panel_rows) {
        constexpr std::size_t some = (std::min)(Unit, scale_panel_rows);
        static_assert(scale_panel_rows % some == 0);
        for (std::size_t r = 0; r < count; r += some) {
            const std::size_t place = scale_place(row + r, group, from.groups, scale_panel_rows);
            if (from.values.halves() != nullptr) {
                copy_scales<B, some>(from.values.halves() + place, scales + r);
            } else {
                copy_scales<B, some>(from.values.floats() + place, scales + r);
            }
        }
        return;
    }
    for (std::size_t r = 0; r < count; ++r)
        scales[r] = from.values[(row + r) * from.groups + group];
}

/// The sums and scales of one group of activations, of the tokens from m on.
class GroupOfTokens {
 public:
    /// The group that begins at input k and has `inputs` inputs, fewer where a row ends.
    TERNION_INLINE GroupOfTokens(const ActivationView& x, const Groups& groups, std::size_t m, std::size_t k) noexcept
        : units_(ceil_div(x.k, unit)),
          count_((std::min)(units_ - k / unit, groups.inputs / unit)),
          sums_(x.group_sums + m * units_ + k / unit),
          groups_(groups.x_groups),
          scales_(groups.x_scales + m * groups.x_groups + (k >> groups.x_bits)) {}

    /// The sum of the group's activations of token number t.
    [[nodiscard]] TERNION_INLINE std::uint32_t sum(std::size_t t) const noexcept {
        static_assert(max_group_inputs == 4 * unit);
        const std::int32_t* values = sums_ + t * units_;
        auto sum = static_cast<std::uint32_t>(values[0]);  // a loop over so few is slower: compilers make vectors of it
        if (count_ > 1) sum += static_cast<std::uint32_t>(values[1]);
        if (count_ > 2) sum += static_cast<std::uint32_t>(values[2]);
        if (count_ > 3) sum += static_cast<std::uint32_t>(values[3]);
        return sum;
    }
    [[nodiscard]] TERNION_INLINE float scale(std::size_t t) const noexcept { return scales_[t * groups_]; }

 private:
    static constexpr std::size_t unit = QuantizedActivations::sum_inputs;
    std::size_t units_;
    std::size_t count_;
    const std::int32_t* sums_;
    std::size_t groups_;
    const float* scales_;
};

}  // namespace TERNION_ABI
}  // namespace ternion
