#include <algorithm>
#include <bitnet/session.hpp>
#include <cmath>
#include <span>
#include <string>
#include <vector>

#include <program/cli/interrupt.hpp>
#include <program/cli/number_option.hpp>
#include <program/cli/output.hpp>
#include <program/io/output_file.hpp>
#include "commands.hpp"
#include "model_options.hpp"

namespace bitnet::cli {

using namespace program;
namespace {

struct LogitsOptions {
    ModelOptions model;
    std::vector<int> tokens;
    std::string output;
};

void logits(const LogitsOptions& options) {
    const Model model = load(options.model);
    check_ids(model, options.tokens);
    const Interrupt interrupt;
    OutputFile file(options.output, model.files());
    Progress progress("computing");
    Session session(model);
    const auto take = [&](std::size_t position, std::span<const float> some) {
        progress.update(position, options.tokens.size());
        if (!std::all_of(some.begin(), some.end(), [](float logit) { return std::isfinite(logit); }))
            throw FileError(model.name(), "weights that give finite logits", "NaN or infinity");
        file.write(std::as_bytes(some));
    };
    session.append(options.tokens, 0, take, check_interrupt);
    file.finish();
}

}  // namespace

void add_logits(CLI::App& app) {
    const auto [command, options] =
        add_command(app, "logits", "Write raw little-endian float32 logits [tokens, vocabulary]; needs no tokenizer",
                    "bitnet-2b4t logits -m model.gguf --tokens 128000,9906 --output logits", logits);
    add_model_options(command, options.model);
    add_numbers(command, "--tokens", options.tokens, "token ids", 0, 1 << 24)->required();
    add_file(command, "--output", options.output, "where the logits go")->required();
}

}  // namespace bitnet::cli
