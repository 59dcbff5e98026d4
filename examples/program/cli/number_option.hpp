#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

namespace program {

/// Accepts numbers from `least` to `most`, and unlike CLI::Range no NaN; whole ones as they are usually written,
/// because CLI11 reads 010 as 8. Says nothing in the help.
template <class T>
CLI::Validator in_range(T least, T most) {
    const auto check = [least, most](const std::string& text) -> std::string {
        T value{};
        bool good = CLI::detail::lexical_cast(text, value) && value >= least && value <= most;
        if constexpr (std::is_integral_v<T>) good = good && text == std::to_string(value);
        if (good) return {};
        std::ostringstream message;
        message << "expected a number from " << least << " to " << most << ", found "
                << (text.empty() ? "nothing" : text);
        return message.str();
    };
    return CLI::Validator(check, "", "");
}

/// An option that is a number from `least` to `most`. Its help shows a default that is one.
template <class Value, class T>
CLI::Option* add_number(CLI::App& command, const char* name, Value& value, const char* help, T least, T most) {
    CLI::Option* option = command.add_option(name, value, help)->check(in_range(least, most));
    if (static_cast<T>(value) >= least) option->capture_default_str();
    return option->type_name(std::is_floating_point_v<T> ? "X" : "N");
}

inline void add_seed(CLI::App& command, std::uint64_t& seed, const char* help) {
    add_number(command, "--seed", seed, help, std::uint64_t{0}, UINT64_MAX);
}

/// An option that is such numbers, separated by commas; CLI11's own lists leave out empty ones.
template <class Value, class T>
CLI::Option* add_numbers(CLI::App& command, const char* name, std::vector<Value>& values, const char* help, T least,
                         T most) {
    const auto read = [=, &values](const std::string& list) {
        values.clear();
        for (std::size_t begin = 0, end = 0; end != list.npos; begin = end + 1) {
            end = list.find(',', begin);
            std::string number = list.substr(begin, end - begin);
            if (const std::string wrong = in_range(least, most)(number); !wrong.empty()) {
                throw CLI::ValidationError(name, wrong);
            }
            CLI::detail::lexical_cast(number, values.emplace_back());
        }
    };
    CLI::Option* option = command.add_option_function<std::string>(name, read, help)->type_name("N,N,...");
    if (!values.empty() && static_cast<T>(values[0]) >= least) option->default_str(CLI::detail::join(values));
    return option;
}

}  // namespace program
