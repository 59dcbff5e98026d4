// Two panels: the time of each part beside what reading its bytes would take at least, and estimated energies.

#include <algorithm>

#include <program/io/svg.hpp>
#include "token_report.hpp"

namespace bitnet::cli {

using program::printed;
using program::Svg;
namespace {

constexpr double width = 860, left = 190, bar_width = 480, row_height = 26, bar_height = 15;

void bar(Svg& svg, double y, const std::string& name, double length, const std::string& label) {
    svg.text(left - 12, y + 12, name, {.anchor = "end"});
    svg.rect(left, y, std::max(length, 1.0), bar_height, "s0");
    svg.text(left + length + 8, y + 12, label, {.size = 12});
}

double draw_times(Svg& svg, double y, const TokenReport& report) {
    svg.text(24, y, "Milliseconds a token; the line: as long as reading the same bytes takes at least",
             {.size = 15, .bold = true});
    y += 16;
    double longest = 0;
    for (std::size_t i = 0; i < token_part_names.size(); ++i)
        longest = std::max({longest, report.times.seconds[i], report.work.parts[i].bytes / report.read_rate});
    for (std::size_t i = 0; i < token_part_names.size(); ++i) {
        const double seconds = report.times.seconds[i], least = report.work.parts[i].bytes / report.read_rate;
        const double end = left + bar_width * least / longest;
        bar(svg, y, std::string(token_part_names[i]), bar_width * seconds / longest,
            printed("%.2f ms, %.1f MB", seconds * 1e3, report.work.parts[i].bytes / 1e6));
        svg.line({end, y - 2}, {end, y + bar_height + 2}, "limit", 2);
        y += row_height;
    }
    return y + 34;
}

double draw_energy(Svg& svg, double y, const TokenReport& report, std::size_t technology) {
    svg.text(24, y, printed("Millijoules a token, estimated, %s", std::string(technologies()[technology].name).c_str()),
             {.size = 15, .bold = true});
    y += 16;
    const auto all = [&](const EnergyRow& row) {
        return row.energies[technology].arithmetic + row.energies[technology].dram_least;
    };
    double most = 0;
    for (const EnergyRow& row : report.energy)
        most = std::max(most, all(row));
    for (const EnergyRow& row : report.energy) {
        const Energy& energy = row.energies[technology];
        bar(svg, y, row.model, bar_width * all(row) / most,
            printed("%.3g and %.3g", energy.arithmetic * 1e3, energy.dram_least * 1e3));
        svg.rect(left, y, bar_width * energy.arithmetic / most, bar_height, "s1");
        y += row_height;
    }
    return y + 34;
}

}  // namespace

std::string chart(const TokenReport& report) {
    const double rows = static_cast<double>(token_part_names.size() + technologies().size() * report.energy.size());
    Svg svg(width, 110 + rows * row_height + 50 * static_cast<double>(1 + technologies().size()), "A token");
    svg.text(24, 34, printed("A token of %s: %.2f ms", report.model.c_str(), report.seconds * 1e3),
             {.size = 18, .bold = true});
    svg.text(24, 56,
             printed("%s, %zu threads, which read these weights at %.1f GB/s", report.packing.c_str(), report.threads,
                     report.read_rate / 1e9),
             {.colour = "soft", .size = 12});
    double y = draw_times(svg, 92, report);
    for (std::size_t i = 0; i < technologies().size(); ++i)
        y = draw_energy(svg, y, report, i);
    svg.rect(24, y - 12, bar_height, bar_height, "s1");
    svg.text(46, y, "arithmetic", {.colour = "soft", .size = 12});
    svg.rect(140, y - 12, bar_height, bar_height, "s0");
    svg.text(162, y, "bytes read from DRAM, at the least figure published", {.colour = "soft", .size = 12});
    return svg.str();
}

}  // namespace bitnet::cli
