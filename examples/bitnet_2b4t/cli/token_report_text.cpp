#include <nlohmann/json.hpp>
#include <numeric>

#include <program/cli/output.hpp>
#include "token_report.hpp"

namespace bitnet::cli {

using namespace program;
namespace {

constexpr std::array<const char*, operation_kinds> operation_names = {
    "int8_add", "int32_add", "float16_add", "float32_add", "int8_mul", "float16_mul", "float32_mul"};

double operations_of(const Work& work) {
    return std::accumulate(work.operations.begin(), work.operations.end(), 0.0);
}

/// A row of parts; `part` is cut to nothing where there is no work.
std::string part_row(const TokenReport& report, std::string_view name, double seconds, const Work& work) {
    return formatted("%-10s %9.3f %4.0f %% %10.2f %7.1f %5.0f %% %15.1f\n", std::string(name).c_str(), seconds * 1e3,
                     100 * seconds / report.seconds, work.bytes / 1e6, work.bytes / seconds / 1e9,
                     100 * report.share_of_limit(work.bytes, seconds), operations_of(work) / 1e6);
}

/// As many digits as tell something.
std::string millijoules(double joules) {
    return formatted(joules < 0.01 ? "%.3f" : joules < 0.1 ? "%.1f" : "%.0f", joules * 1e3);
}

std::string memory_of(const Energy& energy) {
    const std::string least = millijoules(energy.dram_least);
    return energy.dram_most > energy.dram_least ? least + " to " + millijoules(energy.dram_most) : least;
}

std::string energy_table(const TokenReport& report) {
    std::string heads = formatted("%-19s %8s", "energy, estimated,", ""),
                names = formatted("%-19s %8s", "mJ a token", "MB read");
    for (const Technology& technology : technologies()) {
        heads += formatted(" | %-23s", std::string(technology.name).c_str());
        names += formatted(" | %8s %14s", "compute", "memory");
    }
    std::string text = heads.substr(0, heads.find_last_not_of(' ') + 1) + "\n" + names + "\n";
    for (const EnergyRow& row : report.energy) {
        text += formatted("%-19s %8.1f", row.model.c_str(), row.work.bytes / 1e6);
        for (const Energy& energy : row.energies)
            text += formatted(" | %8s %14s", millijoules(energy.arithmetic).c_str(), memory_of(energy).c_str());
        text += "\n";
    }
    return text;
}

nlohmann::ordered_json as_json(const Work& work) {
    nlohmann::ordered_json json = {{"bytes", work.bytes}};
    for (std::size_t i = 0; i < operation_kinds; ++i)
        if (work.operations[i] != 0) json[operation_names[i]] = work.operations[i];
    return json;
}

}  // namespace

std::string table(const TokenReport& report) {
    std::string text = report.model + "\n" + report.packing +
                       formatted(", %zu thread%s, tokens %zu to %zu of a sequence\n", report.threads,
                                 report.threads == 1 ? "" : "s", report.prompt + 1, report.prompt + report.tokens);
    text += formatted("limit: these threads read these weights at %.1f GB/s and do nothing else\n\n",
                      report.read_rate / 1e9);
    text += formatted("%-10s %9s %6s %10s %7s %7s %15s\n", "part", "ms", "time", "MB read", "GB/s", "limit",
                      "operations, 1e6");
    for (std::size_t i = 0; i < token_part_names.size(); ++i)
        text += part_row(report, token_part_names[i], report.times.seconds[i], report.work.parts[i]);
    const double rest = report.seconds - report.times.total();
    text += formatted("%-10s %9.3f %4.0f %%\n", "rest", rest * 1e3, 100 * rest / report.seconds);
    text += part_row(report, "a token", report.seconds, report.work.total());
    text += formatted("%.2f tokens a second; a prompt of %zu takes %.3f s up to the first\n\n", 1 / report.seconds,
                      report.prompt, report.first_token) +
            energy_table(report);
    if (report.joules) {
        return text + formatted("energy, measured: %.0f mJ a token, with all that runs and idles on the processors\n",
                                *report.joules * 1e3);
    }
    return text + "energy, measured: " + report.why_not_measured + "\n";
}

void print_json(const TokenReport& report) {
    nlohmann::ordered_json json = {{"model", report.model},
                                   {"packing", report.packing},
                                   {"threads", report.threads},
                                   {"prompt", report.prompt},
                                   {"tokens", report.tokens},
                                   {"tokens_per_second", 1 / report.seconds},
                                   {"seconds_per_token", report.seconds},
                                   {"first_token_seconds", report.first_token},
                                   {"limit_bytes_per_second", report.read_rate}};
    for (std::size_t i = 0; i < token_part_names.size(); ++i) {
        const double seconds = report.times.seconds[i];
        nlohmann::ordered_json part = as_json(report.work.parts[i]);
        part["seconds"] = seconds;
        part["share_of_limit"] = report.share_of_limit(report.work.parts[i].bytes, seconds);
        json["parts"][std::string(token_part_names[i])] = std::move(part);
    }
    json["share_of_limit"] = report.share_of_limit(report.work.total().bytes, report.seconds);
    for (const EnergyRow& row : report.energy) {
        nlohmann::ordered_json entry = as_json(row.work);
        for (std::size_t i = 0; i < row.energies.size(); ++i) {
            const Energy& energy = row.energies[i];
            entry["joules"][std::string(technologies()[i].name)] = {{"arithmetic", energy.arithmetic},
                                                                    {"memory_least", energy.dram_least},
                                                                    {"memory_most", energy.dram_most}};
        }
        json["estimated_energy"][row.model] = std::move(entry);
    }
    json["measured_joules"] = report.joules ? nlohmann::ordered_json(*report.joules) : nlohmann::ordered_json();
    if (!report.joules) json["why_not_measured"] = report.why_not_measured;
    write_json(json, 2);
}

}  // namespace bitnet::cli
