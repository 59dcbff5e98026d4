#include <algorithm>
#include <bit>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "../files/output_file.hpp"
#include "command.hpp"
#include "interrupt.hpp"
#include "model_options.hpp"
#include "progress.hpp"
#include "session.hpp"

namespace bitnet::cli {

namespace {

static_assert(std::endian::native == std::endian::little, "the output is little-endian");

struct LogitsOptions {
    ModelOptions model;
    std::vector<int> tokens;
    std::string output;
};

void check_tokens(const Model& model, const std::vector<int>& tokens) {
    if (tokens.size() > model.context()) throw PromptTooLong(model, model.context(), tokens.size());
    const std::size_t vocab = model.config().vocab;
    for (const int token : tokens) {
        if (token >= 0 && static_cast<std::size_t>(token) < vocab) continue;
        throw FileError(model.source().name(), "token ids from 0 to " + std::to_string(vocab - 1),
                        std::to_string(token));
    }
}

/// A batch at a time, and of its logits a few rows at a time: memory doesn't grow with the number of tokens.
void write_logits(const Model& model, const LogitsOptions& options, OutputFile& file) {
    constexpr std::size_t rows_at_once = 64;
    const Interrupt interrupt;
    Decoder decoder(model.weights(), model.threads());
    KvCache cache = model.new_cache();
    Progress progress("computing");
    std::vector<float> logits;
    for (std::size_t i = 0; i < options.tokens.size(); i += options.model.batch) {
        progress.update(i, options.tokens.size());
        interrupt.check();
        const std::size_t count = std::min(options.model.batch, options.tokens.size() - i);
        decoder.forward(std::span(options.tokens).subspan(i, count), cache);
        for (std::size_t row = 0; row < count; row += rows_at_once) {
            const std::size_t rows = std::min(rows_at_once, count - row);
            logits.resize(rows * model.config().vocab);
            decoder.logits(row, rows, logits);
            file.write(std::as_bytes(std::span(logits)));
        }
    }
}

void logits(const LogitsOptions& options) {
    OutputFile file(options.output);
    const Model model(options.model);
    check_tokens(model, options.tokens);
    write_logits(model, options, file);
    file.finish();
}

}  // namespace

void add_logits(CLI::App& app, Action& action) {
    auto options = std::make_shared<LogitsOptions>();
    CLI::App* command =
        app.add_subcommand("logits", "Write raw little-endian float32 logits [tokens, vocabulary]; needs no tokenizer");
    add_model_options(*command, options->model);
    add_context_option(*command, options->model);
    command->add_option("--tokens", options->tokens, "token ids, separated by commas")
        ->required()
        ->delimiter(',')
        ->type_name("ID,ID,...");
    command->add_option("--output", options->output, "where the logits go")->required()->type_name("FILE");
    command->footer(
        "Example: bitnet-2b4t logits -m ggml-model-i2_s.gguf --tokens 128000,9906 --output logits.f32 --kv-type f32");
    command->callback([options, &action] { action = [options] { logits(*options); }; });
}

}  // namespace bitnet::cli
