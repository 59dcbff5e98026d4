#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "../core/config.hpp"
#include "../core/shape.hpp"
#include "../packing/packing_info.hpp"
#include "scale_values.hpp"

namespace ternion {

/// The rows whose scales of a group lie side by side in tables that kernels read at once.
inline constexpr std::size_t scale_panel_rows = 16;

/// Where the scale of a row and a group stands in a table of `groups` a row, `scale_rows` rows side by side.
constexpr std::size_t scale_place(std::size_t row, std::size_t group, std::size_t groups,
                                  std::size_t scale_rows) noexcept {
    return (row / scale_rows * groups + group) * scale_rows + row % scale_rows;
}

/// A ternary matrix W[N,K] in memory that somebody else owns, in a packing that is known when the program runs:
/// w[n][k] = scale_of(n, k / inputs_of_scale()) * trit. Every typed view becomes one, and what isn't a kernel (checks,
/// repacking, unpacking) takes it. Trivially copyable; trusts what it is made of. Its scales are one of
///   scales = nullptr, group_inputs = 0    `scale` for the tensor
///   scales, group_inputs = 0              one for each row, [N]; float
///   scales, group_inputs = 64, 128, 256   one for each group of so many inputs, [N, groups()]; float or float16
///   scales = nullptr, group_inputs > 0    those among the bytes, of the packing's own groups
/// A table has the scales of a row side by side (scale_rows = 1), or those of a group of scale_panel_rows rows:
/// [N / 16, groups(), 16], with N rounded up.
struct TernaryBytes {
    const PackingInfo* packing;
    Shape shape;
    const std::byte* data;
    float scale = 1;
    ScaleValues scales = nullptr;
    std::size_t group_inputs = 0;
    std::size_t scale_rows = 1;

    [[nodiscard]] bool has_one_scale() const noexcept { return scales == nullptr && group_inputs == 0; }
    /// The weights along K that share a scale, and how many scales a row has.
    [[nodiscard]] std::size_t inputs_of_scale() const noexcept { return group_inputs == 0 ? shape.k : group_inputs; }
    [[nodiscard]] std::size_t groups() const noexcept { return ceil_div(shape.k, inputs_of_scale()); }
    [[nodiscard]] float scale_of(std::size_t row, std::size_t group) const noexcept {
        if (has_one_scale()) return scale;
        if (scales == nullptr) return packing->scale_at(shape, data, row, group);
        return scales[scale_place(row, group, groups(), scale_rows)];
    }
    /// The codes (trit + 1) of a whole row.
    void unpack_row(std::size_t row, std::uint8_t* codes) const noexcept {
        packing->unpack(shape, data, row, 0, shape.k, codes);
    }
};

namespace detail {

inline namespace TERNION_ABI {

/// Throws unless a matrix of this shape and scale can exist.
inline void check_matrix(Shape shape, float scale) {
    if (shape.n == 0 || shape.k == 0) {
        TERNION_THROW(std::invalid_argument,
                      "a ternary matrix has at least one row and one column, not " + to_string(shape));
    }
    if (shape.k > max_inputs || shape.n > static_cast<std::size_t>(-1) / 16 / shape.k) {
        TERNION_THROW(std::invalid_argument, "a ternary matrix of " + to_string(shape) +
                                                 " is too large: K is at most " + std::to_string(max_inputs) +
                                                 " and N * K must fit in memory");
    }
    if (!std::isfinite(scale) || scale == 0) {
        TERNION_THROW(std::invalid_argument,
                      "a ternary matrix has a finite scale that is not zero, not " + std::to_string(scale));
    }
}

/// Throws unless every code of the matrix is a trit.
inline void check_codes(const TernaryBytes& w) {
    if (w.packing->valid != nullptr && w.packing->valid(w.shape, w.data)) return;
    std::vector<std::uint8_t> codes(w.shape.k);
    for (std::size_t n = 0; n < w.shape.n; ++n) {
        w.unpack_row(n, codes.data());
        const auto bad = std::find_if(codes.begin(), codes.end(), [](std::uint8_t code) { return code > 2; });
        if (bad == codes.end()) continue;
        TERNION_THROW(std::invalid_argument, std::string(w.packing->name) + ": row " + std::to_string(n) + ", column " +
                                                 std::to_string(bad - codes.begin()) + " holds a code that is no trit");
    }
}

/// Whether some inputs of a row have no other trit than zero.
inline bool all_zero(const TernaryBytes& w, std::size_t row, std::size_t k, std::size_t count) {
    std::vector<std::uint8_t> codes(count);
    w.packing->unpack(w.shape, w.data, row, k, count, codes.data());
    return std::all_of(codes.begin(), codes.end(), [](std::uint8_t code) { return code == 1; });
}

/// Throws unless each scale is finite, and zero only where it scales nothing but zero trits: that is how the block
/// formats store a group of zeros, and anything else has lost its scale.
inline void check_scales(const TernaryBytes& w) {
    for (std::size_t row = 0; row < w.shape.n; ++row) {
        for (std::size_t k = 0, group = 0; k < w.shape.k; k += w.inputs_of_scale(), ++group) {
            const float scale = w.scale_of(row, group);
            const std::size_t count = (std::min)(w.inputs_of_scale(), w.shape.k - k);
            if (std::isfinite(scale) && (scale != 0 || all_zero(w, row, k, count))) continue;
            TERNION_THROW(std::invalid_argument,
                          std::string(w.packing->name) + ": row " + std::to_string(row) + ", columns " +
                              std::to_string(k) + " to " + std::to_string(k + count - 1) + " have the scale " +
                              std::to_string(scale) +
                              (scale == 0 ? " but trits that are not zero" : "; a scale is finite"));
        }
    }
}

/// Throws unless `found` scales are what a matrix of this shape has, one for each row (inputs = 0) or group.
inline void check_scale_table(Shape shape, std::size_t inputs, std::size_t found) {
    if (inputs != 0 && inputs != 64 && inputs != 128 && inputs != 256) {
        TERNION_THROW(std::invalid_argument,
                      "scales are shared by 64, 128 or 256 inputs, not " + std::to_string(inputs));
    }
    const std::size_t expected = shape.n * (inputs == 0 ? 1 : ceil_div(shape.k, inputs));
    if (found == expected) return;
    TERNION_THROW(std::invalid_argument, "a matrix of " + to_string(shape) + " has " + std::to_string(expected) +
                                             (inputs == 0 ? " rows to scale" : " groups to scale") + ", not " +
                                             std::to_string(found));
}

}  // namespace TERNION_ABI
}  // namespace detail

inline namespace TERNION_ABI {

/// Views bytes that hold a matrix W[N,K] in a packing, for instance those of a mapped file, without copying them.
/// `bytes` must outlive the view and needs no alignment. Throws std::invalid_argument when there are fewer bytes than
/// the shape needs, the shape is empty or too large, the scale is zero or not finite, or a code is no trit: each byte
/// is read once for that. Scales among the bytes must be finite, and zero only where all their trits are zero; they
/// play no part in the view unless `group_inputs` says so.
inline TernaryBytes borrow(const PackingInfo& packing, std::span<const std::byte> bytes, std::size_t n, std::size_t k,
                           float scale = 1) {
    const Shape shape{n, k};
    detail::check_matrix(shape, scale);
    // Rows of few weights may take more bytes than check_matrix thinks of: the product must not wrap.
    const bool fits = n <= static_cast<std::size_t>(-1) / packing.bytes({1, k});
    if (!fits || bytes.size() < packing.bytes(shape)) {
        TERNION_THROW(std::invalid_argument,
                      std::string(packing.name) + ": a matrix of " + to_string(shape) + " takes " +
                          (fits ? std::to_string(packing.bytes(shape)) : std::string("more than 2^64")) +
                          " bytes, not " + std::to_string(bytes.size()));
    }
    const TernaryBytes w{&packing, shape, bytes.data(), scale};
    detail::check_codes(w);
    if (packing.group_inputs != 0) {
        detail::check_scales({&packing, shape, bytes.data(), scale, nullptr, packing.group_inputs});
    }
    return w;
}

/// Writes all trits of a matrix, -1, 0 or +1, row-major [N,K]. Throws std::invalid_argument unless there is room for
/// exactly N * K.
inline void unpack_trits(const TernaryBytes& w, std::span<std::int8_t> trits) {
    if (trits.size() != w.shape.size()) {
        TERNION_THROW(std::invalid_argument, "unpack: a matrix of " + to_string(w.shape) + " has " +
                                                 std::to_string(w.shape.size()) + " trits, not " +
                                                 std::to_string(trits.size()));
    }
    for (std::size_t n = 0; n < w.shape.n; ++n) {
        std::int8_t* row = trits.data() + n * w.shape.k;
        w.unpack_row(n, reinterpret_cast<std::uint8_t*>(row));
        for (std::size_t k = 0; k < w.shape.k; ++k)
            row[k] = static_cast<std::int8_t>(row[k] - 1);
    }
}

}  // namespace TERNION_ABI
}  // namespace ternion
