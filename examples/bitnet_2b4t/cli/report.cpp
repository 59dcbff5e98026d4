#include <bitnet/session.hpp>
#include <span>
#include <string>

#include <program/cli/number_option.hpp>
#include <program/cli/output.hpp>
#include <program/io/output_file.hpp>
#include "commands.hpp"
#include "model_options.hpp"
#include "ranks.hpp"
#include "token_report.hpp"

namespace bitnet::cli {

using namespace program;
namespace {

struct ReportOptions {
    ModelOptions model;
    ReportLengths lengths;
    std::string chart;
    bool json = false;
};

void report(const ReportOptions& options) {
    if (options.model.path.empty() && options.model.synthetic.empty())
        throw CLI::RequiredError("-m, or --synthetic with a size,");
    if (ranks() && ranks()->size() > 1)
        throw CLI::ValidationError("report", joined("expected one rank, found ", ranks()->size()));
    // What is counted is a token that reads all weights.
    ModelOptions dense = options.model;
    dense.no_skip_zeros = true;
    const Model model = load(dense);
    const std::size_t all = options.lengths.prompt + options.lengths.tokens;
    if (all > model.context())
        throw FileError(model.name(), joined("at most ", model.context(), " tokens (-p and -n), its context"), all);
    const TokenReport measured = measure_token(model, options.lengths);
    if (!options.chart.empty()) {
        const std::string svg = chart(measured);
        OutputFile file(options.chart, model.files());
        file.write(std::as_bytes(std::span(svg)));
        file.finish();
    }
    options.json ? print_json(measured) : write_output(table(measured));
}

}  // namespace

void add_report(CLI::App& app) {
    const auto [command, options] =
        add_command(app, "report", "Measure where a token's time and bytes go, and estimate its energy",
                    "bitnet-2b4t report -m ggml-model-i2_s.gguf --chart token.svg", report);
    add_model_options(command, options.model);
    command
        .add_option("--synthetic", options.model.synthetic,
                    "a size instead of a file, for random weights: 2B4T, Llama3-8B, Bonsai-4B, 125M to 100B")
        ->excludes(command.get_option("--model")->required(false))
        ->option_text("SIZE");
    add_number(command, "-p,--n-prompt", options.lengths.prompt, "tokens before those that are measured", 1, 1 << 24);
    add_number(command, "-n,--n-gen", options.lengths.tokens, "tokens to generate", 1, 1 << 24);
    add_number(command, "-r,--repetitions", options.lengths.repeats, "times that they are generated", 1, 1000);
    options.model.load.full_head = false;
    command.add_flag("--full-head", options.model.load.full_head, "compute all logits after each token");
    add_file(command, "--chart", options.chart, "an SVG file to draw a chart to");
    command.add_flag("--json", options.json, "print a JSON object");
}

}  // namespace bitnet::cli
