#include "generation_options.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>

#include <program/cli/interrupt.hpp>
#include <program/cli/measurement.hpp>
#include <program/cli/number_option.hpp>

namespace bitnet::cli {

using namespace program;

void add_generation_options(CLI::App& command, ModelOptions& model, TextOptions& options) {
    GenerationOptions& generation = options.generation;
    add_number(command, "-n,--predict,--n-predict", generation.limit,
               "most tokens to generate; -1: until the model stops", -1, 1 << 30);
    model.load.full_head = false;
    add_number(command, "--draft-ngram", generation.draft_ngram,
               "guess what follows from where the last N tokens stood before; the text stays the same; 0: off", 0, 64);
    command.add_flag("--full-head", model.load.full_head,
                     "compute all logits instead of those that can matter; the text stays the same");

    const auto sampling = [&](const char* name, auto& value, const char* help, auto least, auto most) {
        add_number(command, name, value, help, least, most)->group("Sampling");
    };
    SamplingOptions& s = generation.sampling;
    sampling("--temp", s.temperature, "temperature; 0 takes the likeliest token", 0.0F, 1e6F);
    sampling("--top-k", s.top_k, "draw from the K likeliest tokens; 0: from all", 0, 1 << 30);
    sampling("--top-p", s.top_p, "draw from the likeliest that have this probability together", 0.0F, 1.0F);
    sampling("--min-p", s.min_p, "leave out tokens less likely than this share of the likeliest", 0.0F, 1.0F);
    sampling("--repeat-penalty", s.repeat_penalty, "make tokens seen before less likely; 1: no", 1e-3F, 1e3F);
    sampling("--repeat-last-n", s.repeat_last_n, "tokens that the penalty looks back; -1: all", -1, 1 << 30);
    sampling("-s,--seed", options.seed, "of the random numbers; -1: a different one each time", -1LL, 0xffffffffLL);
}

void add_special_options(CLI::App& command, bool& special) {
    command.add_flag_function(
        "--special", [&special](std::int64_t) { special = true; },
        "take the names of special tokens in the text as these tokens (default)");
    command.add_flag_function(
        "--no-special,--no-parse-special", [&special](std::int64_t) { special = false; }, "take them as text");
}

GenerationOptions TextOptions::made() const {
    GenerationOptions options = generation;
    options.sampling.seed = seed < 0 ? std::random_device{}() : static_cast<std::uint64_t>(seed);
    const auto bar = std::make_shared<std::optional<Progress>>();
    options.prompt_progress = [bar](std::size_t done, std::size_t total) {
        if (!*bar) bar->emplace("reading the prompt");
        done < total ? (*bar)->update(done, total) : bar->reset();
    };
    options.cancelled = [bar] {
        if (Interrupt::noted()) bar->reset();
        return Interrupt::noted();
    };
    return options;
}

OnPiece GeneratedText::on_piece() {
    return [this](std::string_view piece) {
        if (!json_) write_output(visible_.put(piece));
        return true;
    };
}

void GeneratedText::finish(const Generation& made, const char* end) {
    if (!json_) return write_output(visible_.finish() + end);
    constexpr std::array<const char*, 4> ends = {"stop", "limit", "full_context", "interrupted"};
    write_json(nlohmann::json{{"text", made.text},
                              {"end", ends[static_cast<std::size_t>(made.end)]},
                              {"prompt_tokens", made.prompt.tokens},
                              {"prompt_tokens_per_second", made.prompt.rate()},
                              {"tokens", made.generated.tokens},
                              {"tokens_per_second", made.generated.rate()},
                              {"memory_bytes", memory_in_use()}});
}

}  // namespace bitnet::cli
