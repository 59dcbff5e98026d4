// The chart: loss on a logarithmic scale over steps; lines for the training data, dots for held-out questions.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <program/io/output_file.hpp>
#include <span>

#include "loss_log.hpp"

namespace train {

namespace {

constexpr double width = 720, height = 400, left = 64, right = 20, top = 44, bottom = 48;

struct Colour {
    const char *light, *dark;
};
constexpr std::array<Colour, 4> colours = {
    {{"#0969da", "#4493f8"}, {"#bc4c00", "#f0883e"}, {"#1a7f37", "#3fb950"}, {"#8250df", "#ab7df8"}}};

/// The rectangle that holds all points.
struct Extent {
    double last_step = 1, least = 1e9, most = 1e-9;

    explicit Extent(const std::vector<Curve>& curves) {
        for (const Curve& curve : curves) {
            for (const auto* points : {&curve.training, &curve.held_out}) {
                for (const auto& [step, loss] : *points) {
                    last_step = std::max(last_step, step);
                    least = std::min(least, std::max(loss, 1e-6));
                    most = std::max(most, loss);
                }
            }
        }
        most = std::max(most, 1.5 * least);
    }
    double x(double step) const { return left + (width - left - right) * step / last_step; }
    double y(double loss) const {
        return top + (height - top - bottom) * std::log(most / std::max(loss, least)) / std::log(most / least);
    }
};

class Svg {
 public:
    template <class... Values>
    void add(const char* format, Values... values) {
        char text[512];
        std::snprintf(text, sizeof text, format, values...);
        body_ += text;
    }
    void append(const std::string& text) { body_ += text; }
    void text(double x, double y, const std::string& content, const char* anchor, const char* look) {
        add("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" class=\"%s\">", x, y, anchor, look);
        for (const char c : content)
            body_ += c == '&' ? "&amp;" : c == '<' ? "&lt;" : std::string(1, c);
        body_ += "</text>\n";
    }
    const std::string& body() const { return body_; }

 private:
    std::string body_;
};

std::string shown(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%g", value);
    return text;
}

std::string style() {
    const auto rules = [](bool dark) {
        std::string css = std::string(".ground{fill:") + (dark ? "#0d1117" : "#ffffff") +
                          "}.ink{fill:" + (dark ? "#e6edf3" : "#1f2328") +
                          ";font-size:13px}.grid{stroke:" + (dark ? "#30363d" : "#d8dee4") + "}";
        for (std::size_t i = 0; i < colours.size(); ++i) {
            const std::string colour = dark ? colours[i].dark : colours[i].light, name = "c" + std::to_string(i);
            css += ".line." + name + "{stroke:" + colour + ";fill:none;stroke-width:1.6}.dot." + name +
                   "{fill:" + colour + "}";
        }
        return css;
    };
    return "<style>" + rules(false) + "@media (prefers-color-scheme: dark){" + rules(true) + "}</style>\n";
}

void draw_grid(Svg& svg, const Extent& extent) {
    for (const double base : {1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0}) {
        for (const double digit : {1.0, 2.0, 5.0}) {
            const double loss = base * digit;
            if (loss < extent.least || loss > extent.most) continue;
            svg.add("<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" class=\"grid\"/>\n", left, width - right,
                    extent.y(loss), extent.y(loss));
            svg.text(left - 8, extent.y(loss) + 4, shown(loss), "end", "ink");
        }
    }
    for (int i = 0; i <= 4; ++i) {
        const double step = std::round(extent.last_step * i / 4);
        svg.text(extent.x(step), height - bottom + 20, shown(step), "middle", "ink");
    }
    svg.text((left + width) / 2, height - 8, "steps", "middle", "ink");
    svg.text(left - 8, top - 14, "loss (nats a token): line training, dots held-out questions", "start", "ink");
}

void draw_curve(Svg& svg, const Extent& extent, const Curve& curve, std::size_t colour) {
    svg.add("<polyline class=\"line c%zu\" points=\"", colour);
    for (const auto& [step, loss] : curve.training)
        svg.add("%.1f,%.1f ", extent.x(step), extent.y(loss));
    svg.append("\"/>\n");
    for (const auto& [step, loss] : curve.held_out)
        svg.add("<circle class=\"dot c%zu\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"/>\n", colour, extent.x(step),
                extent.y(loss));
    const double y = top + 14 + 18 * static_cast<double>(colour);
    svg.add("<circle class=\"dot c%zu\" cx=\"%.1f\" cy=\"%.1f\" r=\"5\"/>\n", colour, width - right - 190, y - 4);
    svg.text(width - right - 178, y, curve.name, "start", "ink");
}

}  // namespace

void draw_curves(const std::string& path, const std::vector<Curve>& curves) {
    const Extent extent(curves);
    Svg svg;
    svg.add(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" height=\"%.0f\" "
        "role=\"img\" font-family=\"system-ui, Segoe UI, DejaVu Sans, sans-serif\">\n<title>Loss</title>\n",
        width, height, width, height);
    svg.append(style());
    svg.append("<rect class=\"ground\" width=\"100%\" height=\"100%\" rx=\"8\"/>\n");
    draw_grid(svg, extent);
    for (std::size_t i = 0; i < curves.size(); ++i)
        draw_curve(svg, extent, curves[i], i % colours.size());
    svg.append("</svg>\n");
    std::vector<std::string> logs;
    for (const Curve& curve : curves)
        logs.push_back(curve.log);
    bitnet::OutputFile file(path, logs);
    file.write(std::as_bytes(std::span(svg.body())));
    file.finish();
}

}  // namespace train
