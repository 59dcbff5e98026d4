#include <algorithm>
#include <bitnet/session.hpp>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include <program/cli/input.hpp>
#include <program/cli/interrupt.hpp>
#include <program/cli/number_option.hpp>
#include <program/cli/output.hpp>
#include <program/io/output_file.hpp>
#include "commands.hpp"
#include "model_options.hpp"

namespace bitnet::cli {

using namespace program;
namespace {

struct EmbedOptions {
    ModelOptions model;
    std::vector<int> tokens;
    std::string output;
    std::string pooling;  // "last", or empty: what the model says
    bool json = false;
};

/// A model that may be made for other things gives a vector, too, but not one that anybody has trained.
Model load_for_vectors(const EmbedOptions& options, Parts parts) {
    Model model = load(options.model, parts);
    if (model.has_pooling() || !options.pooling.empty()) return model;
    throw FileError(model.name(),
                    "a model that is made for vectors (with --pooling last, any other gives its last token's state)",
                    "one that doesn't say how they are pooled");
}

std::vector<float> vector_of(const Model& model, std::span<const int> ids) {
    Session session(model);
    session.append(ids, check_interrupt);
    return session.embedding();
}

void write_vector(const std::string& text, std::size_t tokens, const std::vector<float>& vector, bool json) {
    if (json) return write_json(nlohmann::json{{"text", text}, {"tokens", tokens}, {"embedding", vector}});
    std::string line;
    for (const float x : vector)
        line += formatted(line.empty() ? "%.9g" : " %.9g", static_cast<double>(x));
    write_output(line + "\n");
}

void embed_ids(const EmbedOptions& options) {
    const Model model = load_for_vectors(options, Parts::weights);
    check_ids(model, options.tokens);
    const Interrupt interrupt;
    const std::vector<float> vector = vector_of(model, options.tokens);
    if (options.output.empty()) return write_vector({}, options.tokens.size(), vector, options.json);
    OutputFile file(options.output, model.files());
    file.write(std::as_bytes(std::span(vector)));
    file.finish();
}

void embed(const EmbedOptions& options) {
    if (!options.tokens.empty()) return embed_ids(options);
    const Model model = load_for_vectors(options, Parts::weights_and_tokenizer);
    const Interrupt interrupt;
    for (std::string text; next_line(text);) {
        const std::vector<int> ids = model.tokenizer().encode_for_embedding(text);
        if (ids.empty())
            throw FileError(model.name(), "a line with text", "an empty one, for which there are no tokens");
        write_vector(text, ids.size(), vector_of(model, ids), options.json);
    }
}

}  // namespace

void add_embed(CLI::App& app) {
    const auto [command, options] =
        add_command(app, "embed", "Turn texts, a line each on standard input, into vectors of length 1, a line each",
                    "echo 'a text' | bitnet-2b4t embed -m bitnet-embedding-0.6b", embed);
    add_model_options(command, options.model);
    CLI::Option* tokens =
        add_numbers(command, "--tokens", options.tokens, "token ids of one text, just as they are", 0, 1 << 24);
    add_file(command, "--output", options.output, "where the vector of --tokens goes, as raw little-endian float32")
        ->needs(tokens)
        ->option_text("FILE");
    command
        .add_option("--pooling", options.pooling,
                    "last: the last token's state, also of a model that doesn't say how its vectors are made")
        ->check(CLI::IsMember({"last"}).description(""))
        ->type_name("TYPE");
    command.add_flag("--json", options.json, "print a JSON object for each text");
}

}  // namespace bitnet::cli
