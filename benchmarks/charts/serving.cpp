// A server's throughput, and what its clients wait, against their number.

#include <algorithm>
#include <cmath>
#include <program/io/file_error.hpp>
#include <program/io/json_file.hpp>
#include <program/io/mapped_file.hpp>
#include <program/io/svg.hpp>

#include "results.hpp"

namespace charts {

namespace {

using program::printed;
using program::Svg;

constexpr double width = 960, height = 360, top = 84, bottom = 56, left = 60, panel = 370, gap = 120;

/// A line of a panel: a member of the rows of the table.
struct Line {
    const char *member, *label;
};

void draw_panel(Svg& svg, double x, const std::string& heading, const program::Json& table, std::vector<Line> lines) {
    double most = 1;
    for (const program::Json& row : table) {
        for (const Line& line : lines)
            most = std::max(most, row.at(line.member).get<double>());
    }
    const double step = std::exp2(std::ceil(std::log2(most / 6))), end = std::ceil(most / step) * step;
    const auto at_y = [&](double value) { return height - bottom - value / end * (height - top - bottom); };
    const auto at_x = [&](const program::Json& row) {
        const double last = std::max(1.0, std::log2(table.back().at("clients").get<double>()));
        return x + std::log2(row.at("clients").get<double>()) / last * (panel - 90);
    };
    svg.text(x, top - 22, heading, {.size = 15, .bold = true});
    for (double value = 0; value <= end; value += step) {
        svg.line({x, at_y(value)}, {x + panel - 90, at_y(value)}, "grid");
        svg.text(x - 8, at_y(value) + 4, printed("%g", value), {.colour = "soft", .anchor = "end", .size = 11});
    }
    for (const program::Json& row : table) {
        svg.text(at_x(row), height - bottom + 18, printed("%g", row.at("clients").get<double>()),
                 {.colour = "soft", .anchor = "middle", .size = 11});
    }
    svg.text(x + (panel - 90) / 2, height - bottom + 40, "clients", {.colour = "soft", .anchor = "middle", .size = 12});
    for (std::size_t i = 0; i < lines.size(); ++i) {
        std::vector<Svg::Point> points;
        for (const program::Json& row : table)
            points.push_back({at_x(row), at_y(row.at(lines[i].member).get<double>())});
        svg.line(points, Svg::series(i), 2);
        for (const Svg::Point& point : points)
            svg.dot(point.x, point.y, Svg::series(i));
        svg.text(points.back().x + 10, points.back().y + 4, lines[i].label, {.colour = Svg::series(i), .size = 12});
    }
}

}  // namespace

std::string serving(const std::string& path) {
    const program::MappedFile file(path, program::MappedFile::Mode::read);
    const program::Json json = program::parse_json_object(file.text(), path);
    const program::Json& table = program::json_member(json, "table", path);
    if (!table.is_array() || table.empty()) throw program::FileError(path, "a table with rows", "none");
    try {
        Svg svg(width, height, "A server under load");
        svg.text(24, 34, "A server under load, as ratios to one client", {.size = 18, .bold = true});
        draw_panel(svg, left, "tokens a second of all", table, {{"throughput", "throughput"}});
        draw_panel(svg, left + panel + gap, "time to the first token", table,
                   {{"first_p50", "median"}, {"first_p95", "95 %"}, {"warm_first_p50", "cached"}});
        return svg.str();
    } catch (const nlohmann::json::exception& error) {
        throw program::FileError(path, std::string("a row isn't what measure.mjs writes: ") + error.what());
    }
}

}  // namespace charts
