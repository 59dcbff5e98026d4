#include "screen.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "../compute/kernels.hpp"

// Why no token is lost. With a row w = s c + e (c int8, e what rounding leaves) and a vector x = t q + d (q integers of
// 13 bits and a sign),
//
//   w · x = s c · x + e · x = s t (c · q) + s c · d + e · x,   so by Cauchy and Schwarz
//   |w · x - s t (c · q)| <= |s c| |d| + |e| |x|.
//
// c · q is computed in integers, exactly. The logit is w · x as floats give it: n products and sums, in whatever order,
// fused or not, are off by at most n u / (1 - n u) |w| |x|, u = 2^-24, as long as nothing overflows (it can't where
// |w| |x| < 10^38), and by n times the smallest normal float for what underflows. Norms and bounds are themselves
// computed in floats, each off by less than n u of itself. `residual` therefore has 4 n u |w| on top of |e|, and the
// bound of a small constant; n = hidden + 16.
//
// A row whose upper bound is below a number that `best` other rows are known to reach isn't among the `best` largest,
// nor equal to the last of them, so it can't come by the order of ids either.

namespace bitnet {

namespace {

constexpr double u = 0x1p-24;
constexpr double smallest = std::numeric_limits<float>::min();
constexpr float peak_digit = 8192;            // |q| <= 8192 = 64 · 128: two digits of -64 .. 64 to the base 128
constexpr std::size_t groups_at_once = 16;    // a thread's piece of work
constexpr std::size_t fewer_than_one_in = 4;  // rows; more than that are read faster all at once

}  // namespace

/// x = unit · (128 high + low) + d.
struct Screen::Vector {
    Vector(std::span<const float> x, std::size_t stride) : high(stride), low(stride) {
        double squared = 0, rest = 0;
        float peak = 0;
        for (const float value : x) {
            squared += double{value} * double{value};
            peak = std::max(peak, std::abs(value));
        }
        norm = std::sqrt(squared);  // NaN where any number is NaN
        if (!(norm < 1e38)) return;
        unit = double{peak} / double{peak_digit};
        for (std::size_t i = 0; i < x.size(); ++i) {
            const auto q = peak > 0 ? static_cast<int>(std::nearbyint(double{x[i]} / unit)) : 0;
            const int upper = static_cast<int>(std::nearbyint(q / 128.0));
            high[i] = static_cast<std::int8_t>(upper);
            low[i] = static_cast<std::int8_t>(q - 128 * upper);
            sum += q;
            const double left = double{x[i]} - unit * q;
            rest += left * left;
        }
        rest_norm = std::sqrt(rest);
    }

    ternion::AlignedBuffer<std::int8_t> high, low;
    std::int64_t sum = 0;
    double unit = 0, norm = 0, rest_norm = 0;
};

Screen::Screen(const Embedding& head, ternion::ThreadPool& threads)
    : kernels_(head.kernels()),
      vocab_(head.vocab()),
      hidden_(head.hidden()),
      stride_(ternion::round_up(hidden_, 64)),
      codes_(ternion::AlignedBuffer<std::uint8_t>::uninitialized(vocab_ * stride_)),
      rows_(ternion::AlignedBuffer<Row>::uninitialized(vocab_)) {
    struct Worker {
        std::vector<float> numbers;
        std::vector<std::int8_t> codes;
    };
    std::vector<Worker> workers(threads.concurrency(),
                                Worker{std::vector<float>(hidden_), std::vector<std::int8_t>(hidden_)});
    threads.parallel_for(ternion::ceil_div(vocab_, group), [&](std::size_t index, std::size_t w) {
        for (std::size_t r = index * group; r < std::min(vocab_, (index + 1) * group); ++r) {
            head.read(r, workers[w].numbers);
            copy_row(r, workers[w].numbers, workers[w].codes);
        }
    });
    for (const Row& row : rows_) {
        if (std::isfinite(row.residual)) largest_norm_ = std::max(largest_norm_, row.norm + row.residual);
    }
}

void Screen::copy_row(std::size_t row, std::span<const float> numbers, std::span<std::int8_t> scratch) {
    std::uint8_t* codes = codes_.data() + row * stride_;
    const auto [scale, kept, left] = kernels_.code_row(numbers.data(), hidden_, scratch.data(), codes);
    std::fill(codes + hidden_, codes + stride_, std::uint8_t{128});
    const double n = static_cast<double>(hidden_) + 16;
    const double lost = n * smallest;  // of the squares, to underflow
    const double norm = std::sqrt(double{kept} + lost) * (1 + n * u);
    const double rest = std::sqrt(double{left} + lost) * (1 + n * u);
    const double residual = rest + 4 * n * u * (norm + rest);
    const bool known = residual < 1e18;  // squares were no floats otherwise
    rows_[row] = known ? Row{scale, static_cast<float>(norm * (1 + u)), static_cast<float>(residual * (1 + u))}
                       : Row{0, 0, std::numeric_limits<float>::infinity()};
}

void Screen::bound(std::span<const float> vectors, std::span<LogitBounds> bounds, ternion::ThreadPool& threads) const {
    const std::size_t groups = ternion::ceil_div(vocab_, group);
    std::vector<Vector> numbers;
    for (std::size_t i = 0; i < bounds.size(); ++i) {
        numbers.emplace_back(vectors.subspan(i * hidden_, hidden_), stride_);
        bounds[i].known = numbers[i].norm * double{largest_norm_} < 1e38;
        bounds[i].upper.resize(vocab_);
        bounds[i].sure.resize(groups);
        bounds[i].top.resize(groups);
    }
    ternion::in_chunks(threads, groups, groups_at_once, [&](std::size_t begin, std::size_t end) {
        for (std::size_t index = begin; index < end; ++index)
            bound_group(index, numbers, bounds);
    });
}

void Screen::bound_group(std::size_t index, std::span<const Vector> vectors, std::span<LogitBounds> bounds) const {
    constexpr float nothing = -std::numeric_limits<float>::infinity();
    const double underflow = static_cast<double>(hidden_ + 16) * smallest;
    for (LogitBounds& bound : bounds)
        bound.sure[index] = bound.top[index] = nothing;
    for (std::size_t r = index * group; r < std::min(vocab_, (index + 1) * group); ++r) {
        const Row& row = rows_[r];
        for (std::size_t i = 0; i < vectors.size(); ++i) {
            const Vector& x = vectors[i];
            LogitBounds& bound = bounds[i];
            const std::int64_t sum =
                kernels_.dot_codes(codes_.data() + r * stride_, x.high.data(), x.low.data(), stride_) - 128 * x.sum;
            const double middle = double{row.scale} * x.unit * static_cast<double>(sum);
            const double error = double{row.residual} * x.norm + double{row.norm} * x.rest_norm + underflow;
            const bool known = error < 1e38;
            bound.upper[r] = known ? static_cast<float>(middle + error) : std::numeric_limits<float>::infinity();
            bound.top[index] = std::max(bound.top[index], bound.upper[r]);
            if (known) bound.sure[index] = std::max(bound.sure[index], static_cast<float>(middle - error));
        }
    }
}

bool Screen::shortlist(const LogitBounds& bounds, std::size_t best, std::span<const int> always,
                       std::vector<Candidate>& rows) const {
    // Some of the rows that are sure to reach the threshold may be of `always`, hence so many more.
    const std::size_t needed = best + always.size();
    rows.clear();
    if (!bounds.known || best == 0 || needed > bounds.sure.size()) return false;
    std::vector<float> sure(bounds.sure.begin(), bounds.sure.end());
    std::nth_element(sure.begin(), sure.begin() + static_cast<std::ptrdiff_t>(needed - 1), sure.end(),
                     std::greater<>());
    const float threshold = sure[needed - 1];
    for (std::size_t index = 0; index < bounds.top.size(); ++index) {
        if (bounds.top[index] < threshold) continue;
        for (std::size_t r = index * group; r < std::min(vocab_, (index + 1) * group); ++r) {
            if (!(bounds.upper[r] < threshold)) rows.push_back({0, static_cast<int>(r)});
        }
    }
    for (const int id : always) {
        const auto place = std::lower_bound(rows.begin(), rows.end(), id,
                                            [](const Candidate& row, int value) { return row.id < value; });
        if (place == rows.end() || place->id != id) rows.insert(place, {0, id});
    }
    return rows.size() <= vocab_ / fewer_than_one_in;
}

}  // namespace bitnet
