#include <bitnet/scoring.hpp>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include <program/cli/input.hpp>
#include <program/cli/measurement.hpp>
#include <program/cli/number_option.hpp>
#include <program/cli/output.hpp>
#include "commands.hpp"
#include "model_options.hpp"

namespace bitnet::cli {

using namespace program;
namespace {

struct PerplexityOptions {
    ModelOptions model;
    std::string text;
    std::size_t stride = 0;  // 0: half a window
    bool json = false;
};

std::vector<double> measured(const Model& model, const std::vector<int>& text, std::size_t stride) {
    Progress progress("computing");
    return sliding_log_probabilities(model, text, stride,
                                     [&](std::size_t done, std::size_t total) { progress.update(done, total); });
}

void perplexity(const PerplexityOptions& options) {
    const std::string bytes = read_input(options.text);
    const Model model = load(options.model, Parts::weights_and_tokenizer);
    const std::vector<int> text = model.tokenizer().encode(bytes);
    if (text.size() < 2) throw FileError(options.text, "a text of at least 2 tokens", text.size());
    const std::size_t window = perplexity_window(model);
    if (window < 2) throw FileError(model.name(), "a context of at least 3 tokens (-c)", "less");
    const std::size_t stride = options.stride == 0 ? window / 2 : options.stride;
    // Without BOS a window's first token has nothing before it to be predicted from.
    const std::size_t most = model.tokenizer().bos() >= 0 ? window : window - 1;
    if (stride > most) {
        throw FileError(model.name(), joined("a stride (--stride) of at most ", most, " tokens"), stride);
    }
    const std::vector<double> scores = measured(model, text, stride);
    const Mean mean = mean_of(scores);
    const double result = std::exp(-mean.value), error = result * mean.error;
    if (!options.json) {
        return write_output(formatted("perplexity %.4f ± %.4f (%zu tokens, context %zu, stride %zu)\n", result, error,
                                      scores.size(), model.context(), stride));
    }
    const double bits = -mean.value * static_cast<double>(scores.size()) / std::log(2.0);
    write_json(nlohmann::json{{"perplexity", result},
                              {"standard_error", error},
                              {"tokens", scores.size()},
                              {"bits_per_byte", bits / static_cast<double>(bytes.size())},
                              {"context", model.context()},
                              {"stride", stride}});
}

}  // namespace

void add_perplexity(CLI::App& app) {
    const auto [command, options] =
        add_command(app, "perplexity", "Measure how well a model predicts a text",
                    "bitnet-2b4t perplexity -m ggml-model-i2_s.gguf -f text.txt -c 2048", perplexity);
    add_model_options(command, options.model);
    add_file(command, "-f,--file", options.text, "the text; -: standard input")->required();
    add_number(command, "--stride", options.stride,
               "tokens by which the window slides on, those that count (default: half the context)", 1, 1 << 24);
    command.add_flag("--json", options.json, "print a JSON object");
}

}  // namespace bitnet::cli
