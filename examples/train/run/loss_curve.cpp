// The chart: loss on a logarithmic scale over steps; lines for the training data, dots for held-out questions.
#include <algorithm>
#include <cmath>
#include <program/io/output_file.hpp>
#include <program/io/svg.hpp>
#include <span>

#include "loss_log.hpp"

namespace train {

namespace {

using program::printed;
using program::Svg;

constexpr double width = 720, height = 400, left = 64, right = 20, top = 44, bottom = 48;

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

void draw_grid(Svg& svg, const Extent& extent) {
    for (const double base : {1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0}) {
        for (const double digit : {1.0, 2.0, 5.0}) {
            const double loss = base * digit;
            if (loss < extent.least || loss > extent.most) continue;
            svg.line({left, extent.y(loss)}, {width - right, extent.y(loss)}, "grid");
            svg.text(left - 8, extent.y(loss) + 4, printed("%g", loss), {.anchor = "end"});
        }
    }
    for (int i = 0; i <= 4; ++i) {
        const double step = std::round(extent.last_step * i / 4);
        svg.text(extent.x(step), height - bottom + 20, printed("%g", step), {.anchor = "middle"});
    }
    svg.text((left + width) / 2, height - 8, "steps", {.anchor = "middle"});
    svg.text(left - 8, top - 14, "loss (nats a token): line training, dots held-out questions");
}

void draw_curve(Svg& svg, const Extent& extent, const Curve& curve, std::size_t place) {
    const std::string colour = Svg::series(place);
    std::vector<Svg::Point> points;
    for (const auto& [step, loss] : curve.training)
        points.push_back({extent.x(step), extent.y(loss)});
    svg.line(points, colour, 1.6);
    for (const auto& [step, loss] : curve.held_out)
        svg.dot(extent.x(step), extent.y(loss), colour, 3);
    const double y = top + 14 + 18 * static_cast<double>(place);
    svg.dot(width - right - 190, y - 4, colour, 5);
    svg.text(width - right - 178, y, curve.name);
}

}  // namespace

void draw_curves(const std::string& path, const std::vector<Curve>& curves) {
    const Extent extent(curves);
    Svg svg(width, height, "Loss");
    draw_grid(svg, extent);
    std::vector<std::string> logs;
    for (std::size_t i = 0; i < curves.size(); ++i) {
        draw_curve(svg, extent, curves[i], i);
        logs.push_back(curves[i].log);
    }
    program::OutputFile file(path, logs);
    const std::string text = svg.str();
    file.write(std::as_bytes(std::span(text)));
    file.finish();
}

}  // namespace train
