// Every packing and batch size under the roof that reads and dot products make.

#include <algorithm>
#include <cmath>
#include <numbers>
#include <program/io/svg.hpp>
#include <set>
#include <stdexcept>

#include "results.hpp"

namespace charts {

namespace {

using program::printed;
using program::Svg;

constexpr double width = 960, height = 620, left = 76, right = 210, top = 84, bottom = 64;

/// Logarithmic in both directions.
struct Axes {
    double least_x = 1e300, most_x = 0, least_y = 1e300, most_y = 0;

    double x(double value) const {
        return left + std::log2(value / least_x) / std::log2(most_x / least_x) * (width - left - right);
    }
    double y(double value) const {
        return height - bottom - std::log2(value / least_y) / std::log2(most_y / least_y) * (height - top - bottom);
    }
    Svg::Point at(const Result& result) const { return {x(result.intensity()), y(result.macs() / 1e9)}; }
};

void draw_grid(Svg& svg, const Axes& axes) {
    for (double value = std::exp2(std::ceil(std::log2(axes.least_x))); value <= axes.most_x; value *= 2) {
        svg.line({axes.x(value), top}, {axes.x(value), height - bottom}, "grid");
        svg.text(axes.x(value), height - bottom + 18, printed("%g", value),
                 {.colour = "soft", .anchor = "middle", .size = 11});
    }
    for (double value = std::exp2(std::ceil(std::log2(axes.least_y))); value <= axes.most_y; value *= 2) {
        svg.line({left, axes.y(value)}, {width - right, axes.y(value)}, "grid");
        svg.text(left - 8, axes.y(value) + 4, printed("%g", value), {.colour = "soft", .anchor = "end", .size = 11});
    }
    svg.text((left + width - right) / 2, height - bottom + 42, "multiplications for each byte of packed weights",
             {.colour = "soft", .anchor = "middle", .size = 12});
    svg.text(24, (top + height - bottom) / 2, "GMAC/s",
             {.colour = "soft", .anchor = "middle", .size = 12, .turn = -90});
}

/// The roof under `reads` bytes and `dots` multiplications a second.
void draw_roof(Svg& svg, const Axes& axes, double reads, double dots) {
    const double start = std::max(axes.least_x, axes.least_y * 1e9 / reads), ridge = dots / reads;
    const Svg::Point points[] = {{axes.x(start), axes.y(start * reads / 1e9)},
                                 {axes.x(ridge), axes.y(dots / 1e9)},
                                 {axes.x(axes.most_x), axes.y(dots / 1e9)}};
    svg.line(points, "limit", 2);
    const double slope = std::atan2(points[1].y - points[0].y, points[1].x - points[0].x) * 180 / std::numbers::pi;
    const double middle = std::sqrt(start * ridge);
    svg.text(axes.x(middle) - 4, axes.y(middle * reads / 1e9) - 8, printed("reads from DRAM %.0f GB/s", reads / 1e9),
             {.colour = "limit", .anchor = "middle", .size = 12, .turn = slope});
    svg.text(width - right - 4, axes.y(dots / 1e9) - 8, printed("int8 dot products %.0f GMAC/s", dots / 1e9),
             {.colour = "limit", .anchor = "end", .size = 12});
}

/// The results of one packing or library, over M.
using Series = std::vector<Result>;

std::vector<Series> series_of(const std::vector<Result>& results) {
    std::set<std::string> names;
    for (const Result& result : results)
        names.insert(result.subject);
    std::vector<Series> all;
    for (const std::string& name : names) {
        all.emplace_back();
        std::copy_if(results.begin(), results.end(), std::back_inserter(all.back()),
                     [&](const Result& result) { return result.subject == name; });
        std::sort(all.back().begin(), all.back().end(), [](const Result& a, const Result& b) { return a.m < b.m; });
    }
    return all;
}

struct Label {
    double y;
    std::string text, colour;
};

Label label_of(const Axes& axes, const Series& series, const std::string& colour, const char* more = "") {
    return {axes.at(series.back()).y,
            printed("%s, %g bits%s", series[0].subject.c_str(), std::round(series[0].bits() * 1e4) / 1e4, more),
            colour};
}

std::vector<Svg::Point> points_of(const Axes& axes, const Series& series) {
    std::vector<Svg::Point> points;
    for (const Result& result : series)
        points.push_back(axes.at(result));
    return points;
}

/// Labels at the right end of each curve, moved apart so that none covers another.
void draw_labels(Svg& svg, std::vector<Label> labels) {
    std::sort(labels.begin(), labels.end(), [](const Label& a, const Label& b) { return a.y < b.y; });
    double y = -1e9;
    for (const Label& label : labels) {
        y = std::max(label.y, y + 17);
        svg.text(width - right + 14, y + 4, label.text, {.colour = label.colour, .bold = true});
    }
}

/// What can be seen in both directions, and a margin.
Axes axes_of(const std::vector<Result>& results, double dots) {
    Axes axes;
    axes.most_y = dots / 1e9 * 1.5;
    for (const Result& result : results) {
        axes.least_x = std::min(axes.least_x, result.intensity() * 0.8);
        axes.most_x = std::max(axes.most_x, result.intensity() * 1.25);
        axes.least_y = std::min(axes.least_y, result.macs() / 1e9 * 0.7);
        axes.most_y = std::max(axes.most_y, result.macs() / 1e9 * 1.5);
    }
    return axes;
}

}  // namespace

std::string roofline(const Run& run) {
    const std::vector<Result> measured = run.find("gemv", 1, {}, "dram");
    if (measured.empty()) throw std::runtime_error("no gemv from DRAM in these results");
    const auto square = std::find_if(measured.begin(), measured.end(), [](const auto& r) { return r.n == r.k; });
    const Result& first = square == measured.end() ? measured[0] : *square;
    const Shape shape{first.n, first.k};

    // From DRAM while that is measured, then from cache.
    std::vector<Result> ternary = run.find("gemv", 1, shape);
    for (const Result& result : run.find("gemm", 1, shape))
        ternary.push_back(result);
    std::erase_if(ternary, [](const Result& result) { return result.place == "cache"; });
    std::vector<Result> everything = run.find("rival", 1, shape);
    std::erase_if(everything, [](const Result& result) { return result.place == "dram"; });
    const std::vector<Series> rivals = series_of(everything);
    everything.insert(everything.end(), ternary.begin(), ternary.end());
    std::vector<Series> packings = series_of(ternary);
    std::sort(packings.begin(), packings.end(),
              [](const Series& a, const Series& b) { return a[0].macs() > b[0].macs(); });
    double reads = 0, dots = 0;
    for (const Result& result : measured) {
        reads = std::max(reads, result.counter("limit_bytes_per_second"));
        dots = std::max(dots, result.counter("limit_macs_per_second"));
    }
    unsigned most_tokens = 0;
    for (const Result& result : everything)
        most_tokens = std::max(most_tokens, result.m);

    const Axes axes = axes_of(everything, dots);
    Svg svg(width, height, "Roofline of ternary multiplication");
    svg.text(24, 32,
             printed("Ternary multiplication under its roof: %u × %u, M = 1 to %u, one thread", shape.n, shape.k,
                     most_tokens),
             {.size = 20, .bold = true});
    svg.text(24, 54, run.machine + " · grey: other libraries, weights in cache", {.colour = "soft", .size = 12});
    draw_grid(svg, axes);
    draw_roof(svg, axes, reads, dots);
    std::vector<Label> labels;
    for (const Series& series : rivals) {
        svg.line(points_of(axes, series), "rival", 1.2, "2 3");
        for (const auto& [x, y] : points_of(axes, series))
            svg.diamond(x, y, "rival");
        const bool amx = series.back().label.find("amx") != std::string::npos;
        labels.push_back(label_of(axes, series, "rival", amx ? " (AMX)" : ""));
    }
    for (std::size_t i = 0; i < packings.size(); ++i) {
        svg.line(points_of(axes, packings[i]), Svg::series(i), 2, i < 8 ? "" : "4 3");
        for (const auto& [x, y] : points_of(axes, packings[i]))
            svg.dot(x, y, Svg::series(i));
        labels.push_back(label_of(axes, packings[i], Svg::series(i)));
    }
    draw_labels(svg, std::move(labels));
    return svg.str();
}

}  // namespace charts
