#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "../core/aligned_buffer.hpp"
#include "communicator.hpp"
#include "shares.hpp"

namespace ternion {

/// Makes matrices Y[M,N] whole whose columns the ranks have computed: a share each, as the rows of W are shared. A
/// workspace that grows to the largest matrix; one token goes straight into its place.
class ColumnGather {
 public:
    /// This rank's columns, own [M, columns.size(rank)], and all others' into y[m][n] at y + m * ld + n, on each rank.
    /// `own` must not overlap y. Called by all ranks with the same m and columns.
    template <class T, Communicator C>
    void all(C& ranks, const Shares& columns, std::size_t m, std::span<const T> own, T* y, std::size_t ld) {
        run(ranks, columns, m, own, y, ld, true);
    }
    /// The same, but only rank 0 gets the others' columns; y may be null elsewhere.
    template <class T, Communicator C>
    void to_first(C& ranks, const Shares& columns, std::size_t m, std::span<const T> own, T* y, std::size_t ld) {
        run(ranks, columns, m, own, y, ld, false);
    }

 private:
    template <class T, Communicator C>
    void run(C& ranks, const Shares& columns, std::size_t m, std::span<const T> own, T* y, std::size_t ld, bool all) {
        const std::size_t rank = ranks.rank(), n = columns.count();
        const bool wanted = all || rank == 0, in_place = m == 1 && wanted;
        columns.ends_times(m * sizeof(T), ends_);
        if (!in_place) bytes_.resize(m * n * sizeof(T));
        const std::span<std::byte> whole =
            in_place ? std::as_writable_bytes(std::span(y, n)) : std::span(bytes_.data(), bytes_.size());
        const auto part = std::as_bytes(own);
        std::copy(part.begin(), part.end(),
                  whole.begin() + static_cast<std::ptrdiff_t>(columns.begin(rank) * m * sizeof(T)));
        all ? ranks.all_gather(whole, ends_) : ranks.gather(whole, ends_);
        if (!wanted || in_place) return;
        for (std::size_t r = 0; r < columns.ranks(); ++r) {
            const std::size_t width = columns.size(r);
            const std::byte* from = whole.data() + columns.begin(r) * m * sizeof(T);
            for (std::size_t token = 0; token < m; ++token, from += width * sizeof(T)) {
                auto* to = reinterpret_cast<std::byte*>(y + token * ld + columns.begin(r));
                std::copy_n(from, width * sizeof(T), to);
            }
        }
    }

    AlignedBuffer<std::byte> bytes_;
    std::vector<std::size_t> ends_;
};

}  // namespace ternion
