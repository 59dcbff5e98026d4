#pragma once

#include <CLI/CLI.hpp>
#include <sstream>
#include <string>
#include <type_traits>

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

/// An option that is a number, or a list of some, from `least` to `most`.
template <class Value, class T>
CLI::Option* add_number(CLI::App& command, const char* name, Value& value, const char* help, T least, T most) {
    return command.add_option(name, value, help)
        ->check(in_range(least, most))
        ->type_name(std::is_floating_point_v<T> ? "X" : "N");
}

}  // namespace bitnet::cli
