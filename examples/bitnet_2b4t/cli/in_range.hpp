#pragma once

#include <CLI/CLI.hpp>
#include <sstream>
#include <string>

namespace bitnet::cli {

/// Accepts numbers from `least` to `most`, and unlike CLI::Range no NaN. Says nothing in the help.
template <class T>
CLI::Validator in_range(T least, T most) {
    const auto check = [least, most](const std::string& text) -> std::string {
        T value{};
        if (CLI::detail::lexical_cast(text, value) && value >= least && value <= most) return {};
        std::ostringstream message;
        message << "expected a number from " << least << " to " << most << ", found " << text;
        return message.str();
    };
    return CLI::Validator(check, "", "");
}

}  // namespace bitnet::cli
