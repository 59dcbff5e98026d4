#include <algorithm>
#include <bitnet/session.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include <program/cli/measurement.hpp>
#include <program/cli/number_option.hpp>
#include <program/cli/output.hpp>
#include "../engine/weights_in_use.hpp"
#include "commands.hpp"
#include "model_options.hpp"
#include "random_tokens.hpp"
#include "ranks.hpp"
#include "size_table.hpp"
#include "zero_table.hpp"

namespace bitnet::cli {

using namespace program;
namespace {

struct BenchOptions {
    ModelOptions model;
    std::vector<std::size_t> prompts = {512};
    std::vector<std::size_t> generated = {128};
    std::vector<int> threads = {0};  // as many as the machine has
    int repeats = 3;
    std::size_t most_memory = 0;
    bool json = false;
};

struct Result {
    std::string test;
    std::size_t tokens;
    std::size_t threads;
    std::size_t memory;               // bytes in use
    Mean rate;                        // tokens per second
    ternion::CommunicationCost cost;  // of all repetitions, where several ranks compute
    double seconds;                   // of all repetitions
};

ternion::CommunicationCost communication() {
    return ranks() ? ranks()->cost() : ternion::CommunicationCost{};
}

/// Since `before`.
ternion::CommunicationCost communication_since(const ternion::CommunicationCost& before) {
    const ternion::CommunicationCost now = communication();
    return {now.collectives - before.collectives, now.bytes - before.bytes, now.seconds - before.seconds};
}

/// What is said where several ranks compute.
struct RankShare {
    explicit RankShare(const Result& result, int repeats)
        : collectives(static_cast<double>(result.cost.collectives) / (static_cast<double>(result.tokens) * repeats)),
          bytes(static_cast<double>(result.cost.bytes) / (static_cast<double>(result.tokens) * repeats)),
          time(result.cost.seconds / result.seconds) {}

    double collectives, bytes;  // a token
    double time;                // the part that rank 0 spends in collectives, waiting included
};

/// As a chat would: the likeliest tokens are looked for after a prompt, and after each token that is generated.
void run_once(Session& session, std::size_t tokens, bool prompt) {
    const std::vector<int> ids = random_tokens(session.model(), tokens);
    session.rewind(0);
    const std::size_t step = prompt ? tokens : 1;
    for (std::size_t i = 0; i < tokens; i += step) {
        session.append(std::span(ids).subspan(i, step));
        (void)session.likeliest(40);
    }
}

Result measure(const Model& model, int threads, bool prompt, std::size_t tokens, const BenchOptions& options) {
    Session session(model, threads);
    run_once(session, prompt ? tokens : std::min<std::size_t>(tokens, 4), prompt);  // touches all memory
    std::vector<double> rates;
    const ternion::CommunicationCost before = communication();
    const Stopwatch all;
    for (int i = 0; i < options.repeats; ++i) {
        const Stopwatch watch;
        run_once(session, tokens, prompt);
        rates.push_back(Timing{tokens, watch.seconds()}.rate());
    }
    return {joined(prompt ? "pp" : "tg", tokens), tokens,       session.threads(), memory_in_use(), mean_of(rates),
            communication_since(before),          all.seconds()};
}

std::vector<Result> measure_all(const Model& model, const BenchOptions& options) {
    std::vector<Result> results;
    Progress progress("measuring");
    const std::size_t total = options.threads.size() * (options.prompts.size() + options.generated.size());
    for (const int threads : options.threads) {
        for (const bool prompt : {true, false}) {
            for (const std::size_t tokens : prompt ? options.prompts : options.generated) {
                progress.update(results.size(), total);
                if (tokens != 0) results.push_back(measure(model, threads, prompt, tokens, options));
            }
        }
    }
    return results;
}

/// Of the first tokens that are measured; nothing where ranks have parts of each layer.
std::vector<FfnZeros> measure_zeros(const Model& model, std::size_t longest) {
    if (ranks()) return {};
    return ffn_zeros(model, random_tokens(model, std::min<std::size_t>(longest, 64)));
}

nlohmann::json json_of(const std::vector<FfnZeros>& zeros) {
    nlohmann::json list = nlohmann::json::array();
    for (const FfnZeros& layer : zeros)
        list.push_back({{"gate", layer.gate}, {"down", layer.down}});
    return list;
}

void print_json(const Model& model, const std::vector<Result>& results, const BenchOptions& options,
                double load_seconds, const std::vector<FfnZeros>& zeros) {
    nlohmann::json list = nlohmann::json::array();
    for (const Result& result : results) {
        nlohmann::json& entry =
            list.emplace_back(nlohmann::json{{"test", result.test},
                                             {"tokens", result.tokens},
                                             {"threads", result.threads},
                                             {"tokens_per_second", result.rate.value},
                                             {"standard_deviation", result.rate.deviation},
                                             {"repeats", options.repeats},
                                             {"batch_size", options.model.load.batch},
                                             {"kv_type", options.model.kv_type},
                                             {"packing", packing_of(model)},
                                             {"full_head", options.model.load.full_head},
                                             {"load_seconds", load_seconds},
                                             {"memory_bytes", result.memory},
                                             {"ffn_zeros", json_of(zeros)},
                                             {"model", options.model.path + options.model.synthetic}});
        if (!ranks()) continue;
        const RankShare share(result, options.repeats);
        entry["ranks"] = ranks()->size();
        entry["collectives_per_token"] = share.collectives;
        entry["bytes_per_token"] = share.bytes;
        entry["communication_share"] = share.time;
    }
    write_json(list, 2);
}

void print_table(const Model& model, const std::vector<Result>& results, int repeats, double load_seconds,
                 const std::vector<FfnZeros>& zeros) {
    std::string table = "test      threads   tokens/s          memory\n";
    for (const Result& result : results) {
        const std::string spread = repeats > 1 ? formatted(" ± %-5.2f", result.rate.deviation) : "        ";
        table += formatted("%-8s  %7zu   %8.2f%s  %5zu MB\n", result.test.c_str(), result.threads, result.rate.value,
                           spread.c_str(), result.memory / 1000000);
    }
    for (const Result& result : results) {
        if (!ranks()) break;
        const RankShare share(result, repeats);
        table += formatted("%-8s  %zu ranks: %.1f collectives and %.0f bytes a token, %.0f %% of the time\n",
                           result.test.c_str(), ranks()->size(), share.collectives, share.bytes, 100 * share.time);
    }
    table += formatted("loaded in %.2f s, packing %s\n", load_seconds, std::string(packing_of(model)).c_str());
    write_output(zeros.empty() ? table : table + "\n" + zero_table(zeros, "the first tokens of each test"));
}

/// A row for each of several sizes.
void bench_sizes(const BenchOptions& options) {
    if (options.prompts.size() * options.generated.size() * options.threads.size() != 1)
        throw CLI::ValidationError("-p, -n, -t", "expected one number with several sizes, found more");
    if (options.prompts[0] == 0 || options.generated[0] == 0)
        throw CLI::ValidationError("-p, -n", "expected lengths above 0 with several sizes, found 0");
    if (ranks() && ranks()->size() > 1)
        throw CLI::ValidationError("--synthetic",
                                   joined("expected one size on ", ranks()->size(), " ranks, found several"));
    SizeTableOptions sizes{.model = options.model,
                           .lengths = {options.prompts[0], options.generated[0], options.repeats},
                           .most_memory = options.most_memory,
                           .json = options.json};
    sizes.model.load.threads = options.threads[0];
    print_sizes(sizes);
}

void bench(const BenchOptions& options) {
    if (options.model.path.empty() && options.model.synthetic.empty())
        throw CLI::RequiredError("-m, or --synthetic with a size,");
    if (names_several(options.model.synthetic)) return bench_sizes(options);
    if (options.most_memory != 0)
        throw CLI::ValidationError("--most-memory", "expected several sizes (--synthetic) with it, found one model");
    const Stopwatch watch;
    const Model model = load(options.model);
    const double load_seconds = watch.seconds();
    const std::size_t most = model.context();
    const std::size_t longest = std::max(std::ranges::max(options.prompts), std::ranges::max(options.generated));
    if (longest == 0) throw CLI::ValidationError("-p, -n", "expected a length above 0, found none");
    if (longest > most) {
        throw FileError(model.name(), joined("tests (-p, -n) of at most ", most, " tokens, its context"), longest);
    }
    const std::vector<Result> results = measure_all(model, options);
    const std::vector<FfnZeros> zeros = measure_zeros(model, longest);
    options.json ? print_json(model, results, options, load_seconds, zeros)
                 : print_table(model, results, options.repeats, load_seconds, zeros);
}

}  // namespace

void add_bench(CLI::App& app) {
    const auto [command, options] =
        add_command(app, "bench", "Measure tokens per second: of prompts (pp) and generated (tg)",
                    "bitnet-2b4t bench -m ggml-model-i2_s.gguf -p 512 -n 64 -t 1,2 --json", bench);
    add_bench_model_options(command, options.model);
    CLI::Option* file = command.get_option("--model")->required(false);
    command
        .add_option("--synthetic", options.model.synthetic,
                    "a size instead of a file, for random weights: 2B4T, Llama3-8B, Bonsai-4B, 125M to 100B; a table "
                    "of several, with commas between them, or of all")
        ->excludes(file)
        ->option_text("SIZE");
    add_number(command, "--most-memory", options.most_memory,
               "MB that a size may take in such a table; larger ones are predicted (default: what is free)", 1, 1 << 24)
        ->default_str("");
    add_numbers(command, "-p,--n-prompt", options.prompts, "lengths of prompts; 0: none", 0, 1 << 24);
    add_numbers(command, "-n,--n-gen", options.generated, "numbers of tokens to generate; 0: none", 0, 1 << 24);
    add_numbers(command, "-t,--threads", options.threads, "numbers of threads (default: all that the machine has)", 1,
                256);
    add_number(command, "-r,--repetitions", options.repeats, "times that each test is repeated", 1, 1000);
    options.model.load.full_head = false;
    command.add_flag("--full-head", options.model.load.full_head, "compute all logits after each token");
    command.add_flag("--json", options.json, "print a JSON list");
}

}  // namespace bitnet::cli
