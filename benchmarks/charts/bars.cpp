// GEMV of every packing beside what the machine's limits allow.

#include <algorithm>
#include <cmath>
#include <program/io/svg.hpp>
#include <set>
#include <stdexcept>

#include "results.hpp"

namespace charts {

namespace {

using program::printed;
using program::Svg;

constexpr double width = 960, left = 190, right = 150, bar_height = 13, gap = 3;

/// A packing's results, one for each number of threads.
using Row = std::vector<Result>;

struct Panel {
    std::string heading;
    std::vector<Row> rows;
};

/// Room for the bars of one packing, and for two lines of text beside them.
double row_height(std::size_t threads) {
    return std::max(static_cast<double>(threads) * (bar_height + gap) + 14, 38.0);
}

/// The distance of grid lines: about five of them.
double step_of(double top) {
    for (double power = 1;; power *= 10) {
        for (const double digit : {1, 2, 5}) {
            if (top / (digit * power) <= 6) return digit * power;
        }
    }
}

void draw_bar(Svg& svg, double y, const Result& result, double scale, const std::string& colour) {
    const double value = result.macs() / 1e9, limit = result.limit() / 1e9;
    svg.rect(left, y, limit * scale, bar_height, colour, 0.16);
    svg.rect(left, y, value * scale, bar_height, colour);
    svg.line({left + limit * scale, y - 1}, {left + limit * scale, y + bar_height + 1}, "limit", 2);
    svg.text(left + std::max(value, limit) * scale + 8, y + bar_height - 2,
             printed("%.0f · %.0f %%", value, 100 * result.counter("share_of_limit")), {.size = 12});
}

/// Draws one panel at y and returns where it ends.
double draw_panel(Svg& svg, double y, const Panel& panel, const std::vector<int>& threads) {
    svg.text(24, y + 14, panel.heading, {.size = 15, .bold = true});
    y += 30;
    double top = 0;
    for (const Row& row : panel.rows) {
        for (const Result& result : row)
            top = std::max({top, 1.02e-9 * result.limit(), 1.02e-9 * result.macs()});
    }
    const double scale = (width - left - right) / top;
    const double end = y + static_cast<double>(panel.rows.size()) * row_height(threads.size());
    for (double tick = 0; tick <= top; tick += step_of(top)) {
        svg.line({left + tick * scale, y}, {left + tick * scale, end}, "grid");
        svg.text(left + tick * scale, end + 16, printed("%.0f", tick),
                 {.colour = "soft", .anchor = "middle", .size = 11});
    }
    svg.text(width - right + 8, end + 16, "GMAC/s", {.colour = "soft", .size = 11});
    for (const Row& row : panel.rows) {
        const double middle = y + row_height(threads.size()) / 2;
        svg.text(left - 10, middle - 2, row[0].subject, {.anchor = "end", .bold = true});
        svg.text(left - 10, middle + 12, printed("%g bits", std::round(row[0].bits() * 1e4) / 1e4),
                 {.colour = "soft", .anchor = "end", .size = 11});
        double bar = middle - static_cast<double>(row.size()) * (bar_height + gap) / 2;
        for (const Result& result : row) {
            const auto place = std::find(threads.begin(), threads.end(), result.threads) - threads.begin();
            draw_bar(svg, bar, result, scale, Svg::series(static_cast<std::size_t>(place)));
            bar += bar_height + gap;
        }
        y += row_height(threads.size());
    }
    return y + 40;
}

void draw_legend(Svg& svg, const std::vector<int>& threads) {
    double x = 24;
    for (std::size_t i = 0; i < threads.size(); ++i) {
        svg.rect(x, 64, 16, 11, Svg::series(i));
        svg.text(x + 22, 74, threads[i] == 1 ? "one thread" : printed("%d threads", threads[i]), {.size = 12});
        x += 110;
    }
    svg.line({x + 6, 62}, {x + 6, 77}, "limit", 2);
    svg.text(x + 16, 74, "limit: a plain read of the same bytes, or independent int8 dot products", {.size = 12});
}

/// By bits, then the fastest first.
std::vector<Row> rows_of(const Run& run, Shape shape, const char* place, const std::vector<int>& threads) {
    std::vector<Row> rows;
    for (const int count : threads) {
        for (const Result& result : run.find("gemv", count, shape, place)) {
            const auto found = std::find_if(rows.begin(), rows.end(),
                                            [&](const Row& row) { return row[0].subject == result.subject; });
            if (found == rows.end()) {
                rows.push_back({result});
            } else {
                found->push_back(result);
            }
        }
    }
    std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
        return a[0].bits() != b[0].bits() ? a[0].bits() < b[0].bits() : a[0].macs() > b[0].macs();
    });
    return rows;
}

}  // namespace

std::string bars(const Run& run) {
    std::set<int> counts;
    std::vector<Shape> shapes;
    for (const Result& result : run.results) {
        if (result.family != "gemv") continue;
        counts.insert(result.threads);
        shapes.push_back({result.n, result.k});
    }
    if (shapes.empty()) throw std::runtime_error("no gemv in these results");
    std::vector<int> threads(counts.begin(), counts.end());
    threads.resize(std::min<std::size_t>(threads.size(), 2));
    const auto size = [](Shape shape) { return std::size_t{shape.n} * shape.k; };
    std::sort(shapes.begin(), shapes.end(), [&](Shape a, Shape b) { return size(a) < size(b); });
    const Shape large = *std::max_element(shapes.begin(), shapes.end());
    const auto found = std::find_if(shapes.begin(), shapes.end(), [](Shape shape) { return shape.n == shape.k; });
    const Shape square = found == shapes.end() ? shapes.front() : *found;

    const Panel panels[] = {
        {printed("Weights from DRAM, N × K = %u × %u", large.n, large.k), rows_of(run, large, "dram", threads)},
        {printed("Weights in cache, N × K = %u × %u", square.n, square.k), rows_of(run, square, "cache", threads)}};
    double height = 100;
    for (const Panel& panel : panels) {
        if (!panel.rows.empty()) height += 70 + static_cast<double>(panel.rows.size()) * row_height(threads.size());
    }
    Svg svg(width, height, "Ternary GEMV by packing");
    svg.text(24, 32, "Ternary matrix times vector, by packing", {.size = 20, .bold = true});
    svg.text(24, 52, run.machine + " · per cent: share of the limit", {.colour = "soft", .size = 12});
    draw_legend(svg, threads);
    double y = 100;
    for (const Panel& panel : panels) {
        if (!panel.rows.empty()) y = draw_panel(svg, y, panel, threads);
    }
    return svg.str();
}

}  // namespace charts
