// The chart: a row for each packing, a column for its size and for each regime, bars from the left. Light or dark as
// the reader's browser asks for.

#include <algorithm>
#include <array>
#include <program/io/svg.hpp>
#include <string_view>

#include "report.hpp"

namespace compare {

namespace {

using program::printed;
using program::Svg;

constexpr double row_height = 30, bar_height = 16, top = 96, left = 176, size_width = 130, column_width = 182, gap = 18;

/// Kernel paths, their colours, and what the legend calls them.
struct Path {
    std::string_view name, colour, meaning;
};
constexpr std::array<Path, 8> paths{{{"panel", "s0", "decoded in registers"},
                                     {"lookup", "s2", "looked up in tables of sums"},
                                     {"mask", "s3", "added and subtracted under masks"},
                                     {"in_place", "s4", "rows multiplied in registers"},
                                     {"unpack_simd", "s1", "rows unpacked by SIMD"},
                                     {"by_input", "s6", "by input, in registers"},
                                     {"rival", "rival", "another library"},
                                     {"unpack", "s5", "rows unpacked"}}};

const Path& path_of(const Comparison& packing) {
    const std::string name = packing.kernel.substr(0, packing.kernel.find(' '));
    return *std::find_if(paths.begin(), paths.end() - 1, [&](const Path& path) { return path.name == name; });
}

/// One column of bars; value(packing) is a length, label(packing) stands behind it.
template <class Value, class Label, class Colour>
void column(Svg& svg, const std::vector<Comparison>& packings, double x, double bar_width, const Value& value,
            const Label& label, const Colour& colour) {
    double most = 0;
    for (const auto& packing : packings)
        most = std::max(most, value(packing));
    double y = top;
    svg.line({x, y - 6}, {x, y + row_height * static_cast<double>(packings.size())}, "grid");
    for (const auto& packing : packings) {
        const double length = bar_width * value(packing) / most;
        svg.rect(x, y, std::max(length, 1.0), bar_height, colour(packing));
        svg.text(x + length + 5, y + 12.5, label(packing), {.size = 12});
        y += row_height;
    }
}

void legend(Svg& svg, const std::vector<Comparison>& packings, double width, double y) {
    double x = 24;
    for (const Path& path : paths) {
        if (std::none_of(packings.begin(), packings.end(), [&](const auto& p) { return &path_of(p) == &path; }))
            continue;
        const double length = 46 + 6.4 * static_cast<double>(path.meaning.size());
        if (x + length > width) {
            x = 24;
            y += 24;
        }
        svg.rect(x, y - 12.5, bar_height, bar_height, path.colour);
        svg.text(x + 22, y, path.meaning, {.colour = "soft", .size = 12});
        x += length;
    }
}

}  // namespace

std::string chart(const std::vector<Comparison>& packings, const std::vector<Regime>& regimes,
                  const std::string& machine) {
    const double width = left + size_width + column_width * static_cast<double>(regimes.size()) + 24;
    const double end = top + row_height * static_cast<double>(packings.size());
    Svg svg(width, end + 64, "Packings compared");
    svg.text(24, 34, "Packings compared: GMAC/s, and share of the machine's limit", {.size = 18, .bold = true});
    svg.text(24, 56, machine, {.colour = "soft", .size = 12});
    double y = top + 12.5;
    for (const auto& packing : packings) {
        svg.text(left - 14, y, packing.name, {.anchor = "end"});
        y += row_height;
    }
    svg.text(left, top - 14, "bits a weight", {.bold = true});
    column(
        svg, packings, left, size_width - 56, [](const auto& p) { return p.bits_per_weight; },
        [](const auto& p) { return printed("%.5g", p.bits_per_weight); }, [](const auto&) { return "bar"; });
    for (std::size_t i = 0; i < regimes.size(); ++i) {
        const double x = left + size_width + column_width * static_cast<double>(i);
        svg.text(x, top - 14, regimes[i].name, {.bold = true});
        column(
            svg, packings, x, column_width - 84 - gap / 2, [&](const auto& p) { return p.rates[i].macs_per_second; },
            [&](const auto& p) {
                return printed("%.0f (%.0f %%)", p.rates[i].macs_per_second / 1e9, p.rates[i].share_of_limit * 100);
            },
            [](const auto& p) { return path_of(p).colour; });
    }
    legend(svg, packings, width, end + 22);
    return svg.str();
}

}  // namespace compare
