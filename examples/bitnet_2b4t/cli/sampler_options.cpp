#include "sampler_options.hpp"

#include <random>

#include "in_range.hpp"

namespace bitnet::cli {

void add_sampler_options(CLI::App& command, SamplerChoice& choice) {
    SamplerOptions& options = choice.options;
    const auto number = [&](const char* name, float& value, const char* help, float least, float most) {
        command.add_option(name, value, help)
            ->check(in_range(least, most))
            ->type_name("X")
            ->capture_default_str()
            ->group("Sampling");
    };
    const auto integer = [&](const char* name, auto& value, const char* help, auto least, auto most) {
        command.add_option(name, value, help)
            ->check(in_range(least, most))
            ->type_name("N")
            ->capture_default_str()
            ->group("Sampling");
    };
    number("--temp", options.temperature, "temperature; 0 takes the likeliest token", 0, 1e6F);
    integer("--top-k", options.top_k, "draw from the K likeliest tokens; 0: from all", 0, 1 << 30);
    number("--top-p", options.top_p, "draw from the likeliest that have this probability together", 0, 1);
    number("--min-p", options.min_p, "leave out tokens less likely than this share of the likeliest", 0, 1);
    number("--repeat-penalty", options.repeat_penalty, "make tokens seen before less likely; 1: no", 1e-3F, 1e3F);
    integer("--repeat-last-n", options.repeat_last_n, "tokens that the penalty looks back; -1: all", -1, 1 << 30);
    integer("--seed", choice.seed, "of the random numbers; -1: a different one each time", -1LL, 0xffffffffLL);
}

Sampler SamplerChoice::make() const {
    SamplerOptions chosen = options;
    chosen.seed = seed < 0 ? std::random_device{}() : static_cast<std::uint64_t>(seed);
    return Sampler(chosen);
}

}  // namespace bitnet::cli
