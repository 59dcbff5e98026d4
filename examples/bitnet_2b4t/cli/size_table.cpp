#include "size_table.hpp"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>

#include <program/cli/measurement.hpp>
#include <program/cli/output.hpp>
#include "../engine/predicted_size.hpp"
#include "packing_option.hpp"

namespace bitnet::cli {

using namespace program;
namespace {

constexpr std::size_t working_memory = 100'000'000;  // of threads, batches, and tensors while they are made

struct SizeRow {
    std::string name;
    PredictedSize size;
    TokenWork work;
    double memory;
    double operations;  // of the prompt
    bool predicted = true;
    double seconds = 0, first = 0, share_of_limit = 0;
};

/// A number of kB in one of the system's files.
std::optional<double> kilobytes(const char* file, std::string_view key) {
    std::ifstream lines(file);
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with(key)) return 1024 * std::stod(line.substr(key.size()));
    return std::nullopt;
}

/// Bytes that models may take.
double room(const SizeTableOptions& options) {
    if (options.most_memory != 0) return 1e6 * static_cast<double>(options.most_memory);
    double free = kilobytes("/proc/meminfo", "MemAvailable:").value_or(8e9);
    double most = 0, used = 0;  // of the container
    if (std::ifstream("/sys/fs/cgroup/memory.max") >> most && std::ifstream("/sys/fs/cgroup/memory.current") >> used)
        free = std::min(free, most - used);
    return 0.9 * free;
}

std::vector<std::string> names_of(const std::string& list) {
    std::vector<std::string> names;
    if (list == "all") {
        for (const NamedSize& size : named_sizes())
            names.emplace_back(size.name);
        return names;
    }
    std::istringstream stream(list + ",");
    for (std::string name; std::getline(stream, name, ',');)
        names.push_back(name);
    return names;
}

KvType kv_type_of(const ModelOptions& options) {
    return static_cast<KvType>(std::ranges::find(kv_type_names, options.kv_type) - kv_type_names.begin());
}

std::vector<SizeRow> rows_of(const SizeTableOptions& options) {
    const LoadOptions& chosen = options.model.load;
    const KvType kv = kv_type_of(options.model);
    const std::size_t tokens = options.lengths.prompt + options.lengths.tokens;
    const double keys =
        static_cast<double>(options.lengths.prompt) + (static_cast<double>(options.lengths.tokens) + 1) / 2;
    std::vector<SizeRow> rows;
    for (const std::string& name : names_of(options.model.synthetic)) {
        PredictedSize size(name, chosen.isa, find_packing(options.model.packing, chosen.isa));
        size.form.screened_head = !chosen.full_head;
        if (tokens > size.config.context)
            throw FileError(name, joined("at most ", size.config.context, " tokens (-p and -n), its context"), tokens);
        const TokenWork work = token_work(size.config, size.form, KvFormat(kv, size.config.head_dim), keys);
        const double memory = size.memory(tokens, kv), operations = size.prompt_operations(options.lengths.prompt, kv);
        rows.push_back({name, std::move(size), work, memory, operations});
    }
    std::ranges::sort(rows, {}, [](const SizeRow& row) { return std::pair(row.memory, std::string_view(row.name)); });
    return rows;
}

void measure(SizeRow& row, const SizeTableOptions& options) {
    ModelOptions chosen = options.model;
    chosen.no_skip_zeros = true;  // random weights say nothing of real ones' zeros
    chosen.synthetic = row.name;
    const Model model = load(chosen);
    const TokenReport report = measure_token(model, options.lengths);
    row.predicted = false;
    row.seconds = report.seconds;
    row.first = report.first_token;
    row.memory = static_cast<double>(memory_in_use());
    row.share_of_limit = report.share_of_limit(row.work.total().bytes, report.seconds);
}

/// From the largest size that was measured.
void predict(SizeRow& row, const SizeRow* measured) {
    if (measured == nullptr) return;
    row.seconds = measured->seconds * row.work.total().bytes / measured->work.total().bytes;
    row.first = measured->first * row.operations / measured->operations;
}

std::string head() {
    const std::string groups = formatted("%-11s %8s %8s %8s | %8s %6s %6s | %7s %6s", "", "tokens", "", "first",
                                         "MB read", "", "KV", "memory", "of the");
    const std::string names = formatted("%-11s %8s %8s %8s | %8s %6s %6s | %7s %6s", "size", "a second", "ms",
                                        "token, s", "layers", "head", "cache", "MB", "limit");
    return groups + "\n" + names + "\n";
}

std::string line(const SizeRow& row) {
    const char* about = row.predicted ? "~" : "";
    const auto number = [&](const char* format, double value) {
        return row.seconds > 0 ? about + formatted(format, value) : std::string("?");
    };
    const std::string limit = row.predicted ? "" : formatted("%4.0f %%", 100 * row.share_of_limit);
    return formatted("%-11s %8s %8s %8s | %8.1f %6.1f %6.1f | %7s %s\n", row.name.c_str(),
                     number("%.2f", 1 / row.seconds).c_str(), number("%.2f", 1e3 * row.seconds).c_str(),
                     number("%.2f", row.first).c_str(), layer_bytes(row.work) / 1e6,
                     row.work[TokenPart::head].bytes / 1e6, row.work[TokenPart::attention].bytes / 1e6,
                     (about + formatted("%.0f", row.memory / 1e6)).c_str(), limit.c_str());
}

nlohmann::ordered_json as_json(const SizeRow& row) {
    const auto known = [&](double value) {
        return row.seconds > 0 ? nlohmann::ordered_json(value) : nlohmann::ordered_json();
    };
    nlohmann::ordered_json json = {{"size", row.name},
                                   {"predicted", row.predicted},
                                   {"packing", row.size.form.packing->name},
                                   {"tokens_per_second", known(1 / row.seconds)},
                                   {"seconds_per_token", known(row.seconds)},
                                   {"first_token_seconds", known(row.first)},
                                   {"memory_bytes", row.memory}};
    json["bytes_per_token"] = {{"layers", layer_bytes(row.work)},
                               {"head", row.work[TokenPart::head].bytes},
                               {"kv_cache", row.work[TokenPart::attention].bytes},
                               {"all", row.work.total().bytes}};
    if (!row.predicted) json["share_of_limit"] = row.share_of_limit;
    return json;
}

}  // namespace

bool names_several(const std::string& synthetic) {
    return synthetic == "all" || synthetic.find(',') != std::string::npos;
}

void print_sizes(const SizeTableOptions& options) {
    std::vector<SizeRow> rows = rows_of(options);
    const SizeRow* largest = nullptr;
    nlohmann::ordered_json list = nlohmann::json::array();
    if (!options.json) write_output(head());
    for (SizeRow& row : rows) {
        if (row.memory + working_memory <= room(options)) {
            measure(row, options);
            largest = &row;
        } else {
            predict(row, largest);
        }
        options.json ? list.push_back(as_json(row)) : write_output(line(row));
    }
    if (options.json) return write_json(list, 2);
    write_output(formatted("behind a prompt of %zu; ~: doesn't fit, predicted from the largest that does\n",
                           options.lengths.prompt));
}

}  // namespace bitnet::cli
