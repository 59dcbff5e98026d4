#include "svg.hpp"

#include <algorithm>
#include <cstdarg>
#include <cstdio>

namespace program {

namespace {

struct Colour {
    const char *name, *light, *dark;
};
/// Those of series keep a contrast of 3 and more on both grounds.
constexpr Colour colours[] = {
    {"ground", "#ffffff", "#0d1117"}, {"ink", "#1f2328", "#e6edf3"}, {"soft", "#59636e", "#9198a1"},
    {"grid", "#d8dee4", "#30363d"},   {"bar", "#afb8c1", "#484f58"}, {"limit", "#cf222e", "#ff7b72"},
    {"rival", "#818b98", "#818b98"},  {"s0", "#0969da", "#4493f8"},  {"s1", "#bc4c00", "#f0883e"},
    {"s2", "#1a7f37", "#3fb950"},     {"s3", "#8250df", "#ab7df8"},  {"s4", "#bf3989", "#e275ad"},
    {"s5", "#9a6700", "#d29922"},     {"s6", "#1b7c83", "#39c5cf"},  {"s7", "#57606a", "#b1bac4"},
};

std::string rules(const char* Colour::* shade) {
    std::string css;
    for (const Colour& colour : colours)
        css += printed(".%s{fill:%s}.%s-line{stroke:%s;fill:none}", colour.name, colour.*shade, colour.name,
                       colour.*shade);
    return css;
}

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text)
        out += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : std::string(1, c);
    return out;
}

/// name="value"
std::string with(const char* name, std::string_view value) {
    return std::string(" ") + name + "=\"" + std::string(value) + "\"";
}
std::string with(const char* name, double value) {
    return with(name, printed("%.1f", value));
}

}  // namespace

Svg::Svg(double width, double height, std::string_view title) {
    body_ =
        printed("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" height=\"%.0f\" ",
                width, height, width, height) +
        "role=\"img\" font-family=\"system-ui, -apple-system, Segoe UI, DejaVu Sans, sans-serif\">\n<title>" +
        escaped(title) + "</title>\n<style>" + rules(&Colour::light) + "@media (prefers-color-scheme: dark){" +
        rules(&Colour::dark) + "}</style>\n" +
        printed("<rect class=\"ground\" width=\"%.0f\" height=\"%.0f\" rx=\"8\"/>\n", width, height);
}

void Svg::text(double x, double y, std::string_view content, const TextStyle& style) {
    body_ += "<text" + with("class", style.colour) + with("x", x) + with("y", y) +
             printed(" font-size=\"%d\"", style.size) + with("text-anchor", style.anchor) +
             with("font-weight", style.bold ? "600" : "normal") +
             (style.turn != 0 ? printed(" transform=\"rotate(%.1f %.1f %.1f)\"", style.turn, x, y) : "") + ">" +
             escaped(content) + "</text>\n";
}

void Svg::rect(double x, double y, double width, double height, std::string_view colour, double opacity) {
    body_ += "<rect" + with("class", colour) + with("x", x) + with("y", y) + with("width", std::max(width, 0.0)) +
             with("height", height) + printed(" rx=\"2\" opacity=\"%g\"/>\n", opacity);
}

void Svg::line(std::span<const Point> points, std::string_view colour, double width, std::string_view dash) {
    std::string path;
    for (const Point& point : points)
        path += printed("%s%.1f,%.1f", path.empty() ? "" : " ", point.x, point.y);
    body_ += "<polyline" + with("class", std::string(colour) + "-line") + printed(" stroke-width=\"%g\"", width) +
             with("stroke-linejoin", "round") + (dash.empty() ? "" : with("stroke-dasharray", dash)) +
             with("points", path) + "/>\n";
}

void Svg::line(Point from, Point to, std::string_view colour, double width) {
    const Point points[] = {from, to};
    line(points, colour, width);
}

void Svg::dot(double x, double y, std::string_view colour, double radius) {
    body_ += "<circle" + with("class", colour) + with("cx", x) + with("cy", y) + printed(" r=\"%g\"/>\n", radius);
}

void Svg::diamond(double x, double y, std::string_view colour, double radius) {
    body_ += "<path" + with("class", colour) +
             printed(" d=\"M%.1f %.1fl%g %gl-%g %gl-%g -%gz\"/>\n", x, y - radius, radius, radius, radius, radius,
                     radius, radius);
}

std::string printed(const char* format, ...) {
    char text[256];
    std::va_list values;
    va_start(values, format);
    std::vsnprintf(text, sizeof text, format, values);
    va_end(values);
    return text;
}

}  // namespace program
