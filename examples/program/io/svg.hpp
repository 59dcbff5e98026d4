#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace program {

/// How a text looks in an Svg.
struct TextStyle {
    std::string_view colour = "ink", anchor = "start";
    int size = 13;
    bool bold = false;
    double turn = 0;  // degrees, about the text's own place
};

/// A drawing as SVG text, on a card whose ground is light or dark as the reader's browser asks for. Lengths are pixels,
/// y grows downwards. Colours have names: ground, ink, soft, grid, limit, rival, bar; and s0 to s7 for series.
class Svg {
 public:
    struct Point {
        double x, y;
    };

    Svg(double width, double height, std::string_view title);

    void text(double x, double y, std::string_view content, const TextStyle& style = {});
    void rect(double x, double y, double width, double height, std::string_view colour, double opacity = 1);
    void line(std::span<const Point> points, std::string_view colour, double width = 1.5, std::string_view dash = {});
    void line(Point from, Point to, std::string_view colour, double width = 1);
    void dot(double x, double y, std::string_view colour, double radius = 3.5);
    void diamond(double x, double y, std::string_view colour, double radius = 5);

    /// The whole file.
    [[nodiscard]] std::string str() const { return body_ + "</svg>\n"; }

    /// The colour of a series: s0 to s7, and round again.
    static std::string series(std::size_t place) { return "s" + std::to_string(place % 8); }

 private:
    std::string body_;
};

/// printf into a string, for labels: at most 255 bytes.
[[gnu::format(printf, 1, 2)]] std::string printed(const char* format, ...);

}  // namespace program
