#include <filesystem>
#include <string>
#include <vector>

#include "../run/loss_log.hpp"
#include "commands.hpp"

namespace train::cli {
namespace {

struct CurveOptions {
    std::vector<std::string> logs;
    std::string output;
};

/// A log goes by its folder's name, or its own.
std::string name_of(const std::filesystem::path& log) {
    const std::filesystem::path folder = std::filesystem::absolute(log).parent_path();
    return log.filename() == "log.csv" ? folder.filename().string() : log.stem().string();
}

void draw(const CurveOptions& options) {
    std::vector<Curve> curves;
    for (const std::string& log : options.logs)
        curves.push_back(read_curve(log, name_of(log)));
    draw_curves(options.output, curves);
}

}  // namespace

void add_curve(CLI::App& app) {
    const auto [command, options] =
        program::add_command(app, "curve", "Draw the losses of several runs into one chart",
                             "bitnet-train curve one/log.csv two/log.csv -o curve.svg", draw);
    program::add_file(command, "logs", options.logs, "log.csv files of runs")
        ->required()
        ->expected(1, 4)
        ->type_name("LOG");
    program::add_file(command, "-o,--output", options.output, "the SVG file to write")->required();
}

}  // namespace train::cli
