#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "packed_ternary.hpp"
#include "scaled_ternary.hpp"
#include "scales.hpp"

namespace ternion {

namespace detail {

inline constexpr std::size_t pictured_rows = 16;
inline constexpr std::size_t pictured_cols = 64;

template <Packing P>
std::string picture_of(const TernaryView<P>& w) {
    std::string picture;
    const std::size_t cols = (std::min)(w.cols(), pictured_cols);
    std::vector<std::uint8_t> codes(cols);
    for (std::size_t n = 0; n < (std::min)(w.rows(), pictured_rows); ++n) {
        P::unpack(w.shape(), w.data(), n, 0, cols, codes.data());
        picture += '\n';
        for (const std::uint8_t code : codes)
            picture += code < 3 ? "-.+"[code] : '?';
        if (cols < w.cols()) picture += "...";
    }
    if (w.rows() > pictured_rows) picture += "\n...";
    return picture;
}

}  // namespace detail

/// A small picture of a matrix, for tests and debugging: a line with packing, shape and scale, and a line for each of
/// the first 16 rows with a character for each of the first 64 trits: - for -1, . for 0, + for 1, ? for a code that is
/// no trit. "i2_s 2 x 3, scale 0.500000\n+.-\n.++".
template <WeightMatrix W>
std::string to_string(const W& w) {
    const auto view = w.view();
    const std::string head = std::string(W::packing::name) + " " + to_string(view.shape());
    if constexpr (TernaryMatrix<W>) {
        return head + ", scale " + std::to_string(view.scale()) + detail::picture_of(view);
    } else {
        return head + ", a scale for each " + std::to_string(view.group_inputs()) + " inputs, the first " +
               std::to_string(view.scale(0, 0)) + detail::picture_of(view.trits());
    }
}

/// Streams that picture; test frameworks find it.
template <WeightMatrix W>
std::ostream& operator<<(std::ostream& out, const W& w) {
    return out << to_string(w);
}

/// Whether two matrices are the same, whatever their packings: shape, the tensor's scale and every trit.
template <TernaryMatrix A, TernaryMatrix B>
bool same_matrix(const A& first, const B& second) {
    const auto a = first.view();
    const auto b = second.view();
    if (a.shape() != b.shape() || a.scale() != b.scale()) return false;
    std::vector<std::uint8_t> row_a(a.cols());
    std::vector<std::uint8_t> row_b(b.cols());
    for (std::size_t n = 0; n < a.rows(); ++n) {
        A::packing::unpack(a.shape(), a.data(), n, 0, a.cols(), row_a.data());
        B::packing::unpack(b.shape(), b.data(), n, 0, b.cols(), row_b.data());
        if (row_a != row_b) return false;
    }
    return true;
}

}  // namespace ternion
