#pragma once

#include <bitnet/session.hpp>
#include <bitnet/token_parts.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "../cost/energy.hpp"
#include "../cost/token_work.hpp"

namespace bitnet::cli {

/// The energy of a token in a model of some form, with each of technologies().
struct EnergyRow {
    std::string model;  // "ternary", "int8", "F16"
    Work work;
    std::vector<Energy> energies;
};

/// Where a token's time and bytes go. Everything is for one token, the mean of all that were generated.
struct TokenReport {
    std::string model, packing;
    std::size_t threads, prompt, tokens;  // tokens were generated behind a prompt
    double seconds;
    double first_token;  // seconds from the beginning of the prompt to the likeliest tokens behind it
    PartTimes times;
    TokenWork work;
    double read_rate;  // bytes a second, of plain reads of the same weights by the same threads in between
    std::vector<EnergyRow> energy;
    std::optional<double> joules;  // measured
    std::string why_not_measured;

    /// The part of the read limit that was reached: the least time for these bytes over the time that was taken.
    double share_of_limit(double bytes, double taken) const { return bytes / read_rate / taken; }
};

struct ReportLengths {
    std::size_t prompt = 128, tokens = 32;
    int repeats = 3;
};

/// Generates tokens, and reads the weights in between. Throws what Session throws.
TokenReport measure_token(const Model& model, const ReportLengths& lengths);

/// A table of at most 80 columns, JSON, and a chart as SVG.
std::string table(const TokenReport& report);
void print_json(const TokenReport& report);
std::string chart(const TokenReport& report);

}  // namespace bitnet::cli
