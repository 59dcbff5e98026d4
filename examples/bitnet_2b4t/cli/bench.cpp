#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "command.hpp"
#include "in_range.hpp"
#include "memory_use.hpp"
#include "model_options.hpp"
#include "output.hpp"
#include "progress.hpp"

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
    std::size_t memory;         // bytes in use
    std::vector<double> rates;  // tokens per second of each repeat

    double mean() const {
        double sum = 0;
        for (const double rate : rates)
            sum += rate;
        return sum / static_cast<double>(rates.size());
    }
    double deviation() const {
        double sum = 0;
        for (const double rate : rates)
            sum += (rate - mean()) * (rate - mean());
        return rates.size() < 2 ? 0 : std::sqrt(sum / static_cast<double>(rates.size() - 1));
    }
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
    Result result{(prompt ? "pp" : "tg") + std::to_string(tokens), tokens, threads.concurrency(), 0, {}};
    run_once(decoder, cache, prompt ? tokens : std::min<std::size_t>(tokens, 4), step);  // touches all memory
    for (int i = 0; i < options.repeats; ++i) {
        const auto start = std::chrono::steady_clock::now();
        run_once(decoder, cache, tokens, step);
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
        result.rates.push_back(static_cast<double>(tokens) / seconds.count());
    }
    result.memory = memory_in_use();
    return result;
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
                        {"tokens_per_second", result.mean()},
                        {"standard_deviation", result.deviation()},
                        {"repeats", options.repeats},
                        {"batch_size", options.model.batch},
                        {"kv_type", options.model.kv_type},
                        {"full_head", !options.model.screened_head},
                        {"load_seconds", load_seconds},
                        {"memory_bytes", result.memory},
                        {"model", options.model.path}});
    }
    return list.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string as_table(const std::vector<Result>& results, double load_seconds) {
    std::string table = "test      threads   tokens/s          memory\n";
    for (const Result& result : results) {
        char line[80];
        std::snprintf(line, sizeof(line), "%-8s  %7zu   %8.2f ± %-5.2f  %5zu MB\n", result.test.c_str(), result.threads,
                      result.mean(), result.deviation(), result.memory / 1000000);
        table += line;
    }
    char line[80];
    std::snprintf(line, sizeof(line), "loaded in %.2f s\n", load_seconds);
    return table + line;
}

void check_lengths(const Model& model, const BenchOptions& options) {
    for (const auto& lengths : {options.prompts, options.generated}) {
        for (const std::size_t length : lengths) {
            if (length <= model.context()) continue;
            throw FileError(model.source().name(),
                            "tests (-p, -n) of at most " + std::to_string(model.context()) + " tokens, its context",
                            std::to_string(length));
        }
    }
}

void bench(const BenchOptions& options) {
    const auto start = std::chrono::steady_clock::now();
    const Model model(options.model);
    const std::chrono::duration<double> loading = std::chrono::steady_clock::now() - start;
    check_lengths(model, options);
    const std::vector<Result> results = measure_all(model, options);
    standard_output().write(options.json ? as_json(results, options, loading.count())
                                         : as_table(results, loading.count()));
}

}  // namespace

void add_bench(CLI::App& app, Action& action) {
    auto options = std::make_shared<BenchOptions>();
    CLI::App* command = app.add_subcommand("bench", "Measure tokens per second: of prompts (pp) and generated (tg)");
    add_model_options(*command, options->model, false);
    const auto list = [&](const char* name, auto& values, const char* help, int least, int most) {
        command->add_option(name, values, help)
            ->delimiter(',')
            ->check(in_range(least, most))
            ->type_name("N,N,...")
            ->capture_default_str();
    };
    list("-p,--n-prompt", options->prompts, "lengths of prompts; 0: none", 0, 1 << 24);
    list("-n,--n-gen", options->generated, "numbers of tokens to generate; 0: none", 0, 1 << 24);
    list("-t,--threads", options->threads, "numbers of threads (default: all that the machine has)", 1, 256);
    command->add_option("-r,--repetitions", options->repeats, "times that each test is repeated")
        ->check(in_range(1, 1000))
        ->type_name("N")
        ->capture_default_str();
    options->model.screened_head = true;
    command->add_flag("!--full-head", options->model.screened_head, "compute all logits after each token");
    command->add_flag("--json", options->json, "print a JSON list");
    command->footer("Example: bitnet-2b4t bench -m ggml-model-i2_s.gguf -p 512 -n 64 -t 1,2 --json");
    command->callback([options, &action] { action = [options] { bench(*options); }; });
}

}  // namespace bitnet::cli
