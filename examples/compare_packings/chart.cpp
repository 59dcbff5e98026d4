// The chart: a row for each packing, a column for its size and for each regime, bars from the left. Light or dark as
// the reader's browser asks for.

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

#include "report.hpp"

namespace compare {

namespace {

constexpr double row_height = 30, bar_height = 16, top = 96, left = 150, size_width = 130, column_width = 182, gap = 18;
constexpr double width = left + size_width + 4 * column_width + 24;

/// Kernel paths, their colours on light and dark ground, and what the legend calls them.
struct Path {
    std::string_view name, light, dark, meaning;
};
constexpr std::array<Path, 5> paths{{{"panel", "#0969da", "#4493f8", "decoded in registers"},
                                     {"lookup", "#1a7f37", "#3fb950", "looked up in tables of sums"},
                                     {"mask", "#8250df", "#ab7df8", "added and subtracted under masks"},
                                     {"unpack_simd", "#bc4c00", "#f0883e", "rows unpacked by SIMD"},
                                     {"unpack", "#818b98", "#818b98", "rows unpacked"}}};

std::string path_of(const Comparison& packing) {
    return packing.kernel.substr(0, packing.kernel.find(' '));
}

class Svg {
 public:
    void text(double x, double y, const std::string& content, const char* look, const char* anchor = "start") {
        add("<text class=\"%s\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", look, x, y, anchor);
        body_ += content + "</text>\n";
    }
    void bar(double x, double y, double length, const std::string& look) {
        add("<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"2\"/>\n", look.c_str(), x, y,
            std::max(length, 1.0), bar_height);
    }
    void line(double x0, double y0, double x1, double y1, const char* look) {
        add("<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", look, x0, y0, x1, y1);
    }

    [[nodiscard]] std::string whole(double height) const {
        char head[256];
        std::snprintf(head, sizeof head,
                      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" "
                      "height=\"%.0f\" role=\"img\" font-family=\"system-ui, Segoe UI, DejaVu Sans, sans-serif\">\n",
                      width, height, width, height);
        return head +
               ("<title>Packings compared</title>\n<style>" + rules(false) + "@media (prefers-color-scheme: dark){" +
                rules(true) + "}</style>\n") +
               "<rect class=\"ground\" width=\"100%\" height=\"100%\" rx=\"8\"/>\n" + body_ + "</svg>\n";
    }

 private:
    template <class... Values>
    void add(const char* format, Values... values) {
        char buffer[256];
        std::snprintf(buffer, sizeof buffer, format, values...);
        body_ += buffer;
    }

    static std::string rules(bool dark) {
        const auto colour = [&](const char* light, const char* other) { return std::string(dark ? other : light); };
        const std::string ink = colour("#1f2328", "#e6edf3"), soft = colour("#59636e", "#9198a1");
        std::string css = ".ground{fill:" + colour("#ffffff", "#0d1117") + "}.title{fill:" + ink +
                          ";font-size:18px;font-weight:600}.head{fill:" + ink +
                          ";font-size:13px;font-weight:600}.name{fill:" + ink + ";font-size:13px}.soft{fill:" + soft +
                          ";font-size:12px}.value{fill:" + ink +
                          ";font-size:12px}.grid{stroke:" + colour("#d8dee4", "#30363d") +
                          "}.size{fill:" + colour("#afb8c1", "#484f58") + "}";
        for (const Path& path : paths)
            css += "." + std::string(path.name) + "{fill:" + std::string(dark ? path.dark : path.light) + "}";
        return css;
    }

    std::string body_;
};

std::string number(const char* format, double value) {
    char buffer[64];
    std::snprintf(buffer, sizeof buffer, format, value);
    return buffer;
}

/// One column of bars; value(packing) is a length, label(packing) stands behind it.
template <class Value, class Label, class Look>
void column(Svg& svg, const std::vector<Comparison>& packings, double x, double bar_width, const Value& value,
            const Label& label, const Look& look) {
    double most = 0;
    for (const auto& packing : packings)
        most = std::max(most, value(packing));
    svg.line(x, top - 6, x, top + row_height * static_cast<double>(packings.size()), "grid");
    double y = top;
    for (const auto& packing : packings) {
        const double length = bar_width * value(packing) / most;
        svg.bar(x, y, length, look(packing));
        svg.text(x + length + 5, y + 12.5, label(packing), "value");
        y += row_height;
    }
}

void legend(Svg& svg, const std::vector<Comparison>& packings, double y) {
    double x = 24;
    for (const Path& path : paths) {
        if (std::none_of(packings.begin(), packings.end(), [&](const auto& p) { return path_of(p) == path.name; }))
            continue;
        svg.bar(x, y - 12.5, bar_height, std::string(path.name));
        svg.text(x + 22, y, std::string(path.meaning), "soft");
        x += 46 + 6.4 * static_cast<double>(path.meaning.size());
    }
}

}  // namespace

std::string chart(const std::vector<Comparison>& packings, const std::string& machine) {
    Svg svg;
    svg.text(24, 34, "Packings compared: GMAC/s, and share of the machine's limit", "title");
    svg.text(24, 56, machine, "soft");
    double y = top;
    for (const auto& packing : packings) {
        svg.text(left - 14, y + 12.5, packing.name, "name", "end");
        y += row_height;
    }
    svg.text(left, top - 14, "bits a weight", "head");
    column(
        svg, packings, left, size_width - 56, [](const auto& p) { return p.bits_per_weight; },
        [](const auto& p) { return number("%.5g", p.bits_per_weight); },
        [](const auto&) { return std::string("size"); });
    for (std::size_t i = 0; i < regimes.size(); ++i) {
        const double x = left + size_width + column_width * static_cast<double>(i);
        svg.text(x, top - 14, regimes[i].name, "head");
        column(
            svg, packings, x, column_width - 84 - gap / 2, [&](const auto& p) { return p.rates[i].macs_per_second; },
            [&](const auto& p) {
                return number("%.0f", p.rates[i].macs_per_second / 1e9) +
                       number(" (%.0f %%)", p.rates[i].share_of_limit * 100);
            },
            path_of);
    }
    legend(svg, packings, y + 22);
    return svg.whole(y + 40);
}

}  // namespace compare
