#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "../run/loss_log.hpp"
#include "command.hpp"

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

void add_curve(CLI::App& app, Action& action) {
    auto options = std::make_shared<CurveOptions>();
    CLI::App* command = app.add_subcommand("curve", "Draw the losses of several runs into one chart");
    command->add_option("logs", options->logs, "log.csv files of runs")->required()->expected(1, 4)->type_name("LOG");
    command->add_option("-o,--output", options->output, "the SVG file to write")->required()->type_name("FILE");
    command->footer("Example: bitnet-train curve one/log.csv two/log.csv -o curve.svg");
    command->callback([options, &action] { action = [options] { draw(*options); }; });
}

}  // namespace train::cli
