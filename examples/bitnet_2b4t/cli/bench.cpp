#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include <program/cli/measurement.hpp>
#include <program/cli/number_option.hpp>
#include <program/cli/output.hpp>
#include "commands.hpp"
#include "model_options.hpp"

namespace bitnet::cli {

namespace {

struct BenchOptions {
    ModelOptions model;
    std::vector<std::size_t> prompts = {512};
    std::vector<std::size_t> generated = {128};
    std::vector<int> threads;
    int repeats = 3;
    bool json = false;
};

struct Result {
    std::string test;
    std::size_t tokens;
    std::size_t threads;
    std::size_t memory;  // bytes in use
    Mean rate;           // tokens per second
};

/// As a chat would: the likeliest tokens are looked for after a prompt, and after each token that is generated.
void run_once(Decoder& decoder, KvCache& cache, std::size_t tokens, std::size_t step) {
    std::mt19937 random(1);
    std::vector<int> ids(tokens);
    for (int& id : ids)
        id = static_cast<int>(random() % decoder.config().vocab);
    cache.truncate(0);
    for (std::size_t i = 0; i < tokens; i += step) {
        const std::size_t some = std::min(step, tokens - i);
        decoder.forward(std::span(ids).subspan(i, some), cache);
        if (step == 1 || i + some == tokens) (void)decoder.likeliest(some - 1, 40);
    }
}

Result measure(const Model& model, Threads& threads, bool prompt, std::size_t tokens, const BenchOptions& options) {
    Decoder decoder(model.weights(), threads);
    KvCache cache = model.new_cache();
    const std::size_t step = prompt ? options.model.batch : 1;
    run_once(decoder, cache, prompt ? tokens : std::min<std::size_t>(tokens, 4), step);  // touches all memory
    std::vector<double> rates;
    for (int i = 0; i < options.repeats; ++i) {
        const Stopwatch watch;
        run_once(decoder, cache, tokens, step);
        rates.push_back(Pace{tokens, watch.seconds()}.rate());
    }
    const std::string name = (prompt ? "pp" : "tg") + std::to_string(tokens);
    return {name, tokens, threads.concurrency(), memory_in_use(), mean_of(rates)};
}

std::vector<Result> measure_all(const Model& model, const BenchOptions& options) {
    std::vector<Result> results;
    Progress progress("measuring");
    const std::vector<int> counts = options.threads.empty() ? std::vector<int>{0} : options.threads;
    const std::size_t total = counts.size() * (options.prompts.size() + options.generated.size());
    for (const int count : counts) {
        Threads threads(count);
        for (const bool prompt : {true, false}) {
            for (const std::size_t tokens : prompt ? options.prompts : options.generated) {
                progress.update(results.size(), total);
                if (tokens != 0) results.push_back(measure(model, threads, prompt, tokens, options));
            }
        }
    }
    return results;
}

std::string as_json(const std::vector<Result>& results, const BenchOptions& options, double load_seconds) {
    nlohmann::json list = nlohmann::json::array();
    for (const Result& result : results) {
        list.push_back({{"test", result.test},
                        {"tokens", result.tokens},
                        {"threads", result.threads},
                        {"tokens_per_second", result.rate.value},
                        {"standard_deviation", result.rate.deviation},
                        {"repeats", options.repeats},
                        {"batch_size", options.model.batch},
                        {"kv_type", options.model.kv_type},
                        {"full_head", options.model.full_head},
                        {"load_seconds", load_seconds},
                        {"memory_bytes", result.memory},
                        {"model", options.model.path}});
    }
    return list.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string as_table(const std::vector<Result>& results, int repeats, double load_seconds) {
    std::string table = "test      threads   tokens/s          memory\n";
    char line[80];
    for (const Result& result : results) {
        std::snprintf(line, sizeof(line), " ± %-5.2f", result.rate.deviation);
        const std::string spread = repeats > 1 ? line : "        ";
        std::snprintf(line, sizeof(line), "%-8s  %7zu   %8.2f%s  %5zu MB\n", result.test.c_str(), result.threads,
                      result.rate.value, spread.c_str(), result.memory / 1000000);
        table += line;
    }
    std::snprintf(line, sizeof(line), "loaded in %.2f s\n", load_seconds);
    return table + line;
}

void check_lengths(const Model& model, const BenchOptions& options) {
    std::size_t longest = 0;
    for (const auto& lengths : {options.prompts, options.generated}) {
        for (const std::size_t length : lengths) {
            longest = std::max(longest, length);
            if (length <= model.context()) continue;
            throw FileError(model.source().name(),
                            "tests (-p, -n) of at most " + std::to_string(model.context()) + " tokens, its context",
                            std::to_string(length));
        }
    }
    if (longest == 0) throw CLI::ValidationError("-p, -n", "expected a length above 0, found none");
}

void bench(const BenchOptions& options) {
    const Stopwatch watch;
    const Model model(options.model);
    const double load_seconds = watch.seconds();
    check_lengths(model, options);
    const std::vector<Result> results = measure_all(model, options);
    write_output(options.json ? as_json(results, options, load_seconds)
                              : as_table(results, options.repeats, load_seconds));
}

}  // namespace

void add_bench(CLI::App& app) {
    const auto [command, options] =
        add_command(app, "bench", "Measure tokens per second: of prompts (pp) and generated (tg)",
                    "bitnet-2b4t bench -m ggml-model-i2_s.gguf -p 512 -n 64 -t 1,2 --json", bench);
    add_bench_model_options(command, options.model);
    add_numbers(command, "-p,--n-prompt", options.prompts, "lengths of prompts; 0: none", 0, 1 << 24)
        ->default_str("512");
    add_numbers(command, "-n,--n-gen", options.generated, "numbers of tokens to generate; 0: none", 0, 1 << 24)
        ->default_str("128");
    add_numbers(command, "-t,--threads", options.threads, "numbers of threads (default: all that the machine has)", 1,
                256);
    add_number(command, "-r,--repetitions", options.repeats, "times that each test is repeated", 1, 1000)
        ->capture_default_str();
    options.model.full_head = false;
    command.add_flag("--full-head", options.model.full_head, "compute all logits after each token");
    command.add_flag("--json", options.json, "print a JSON list");
}

}  // namespace bitnet::cli
