#include "loss_log.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <program/io/file_error.hpp>
#include <program/io/mapped_file.hpp>
#include <program/io/output_file.hpp>
#include <sstream>

namespace train {

namespace {

constexpr const char* first_columns = "step,loss,gradient_norm,learning_rate,held_out_loss";

std::string heading(const std::vector<std::string>& kinds) {
    std::string line = first_columns;
    for (const std::string& kind : kinds)
        line += "," + kind;
    return line;
}

std::string number(const char* format, double value) {
    char text[32];
    std::snprintf(text, sizeof text, format, value);
    return text;
}

std::vector<std::string> lines_of(const std::string& path) {
    const program::MappedFile file(path);
    std::istringstream text{std::string(file.text())};
    std::vector<std::string> lines;
    for (std::string line; std::getline(text, line);)
        lines.push_back(line);
    if (lines.empty() || !lines[0].starts_with(first_columns)) {
        throw program::FileError(path, "a training log, which begins with \"step,loss\"", "something else");
    }
    return lines;
}

std::vector<double> numbers_of(const std::string& path, const std::string& line) {
    std::vector<double> numbers;
    std::istringstream fields(line);
    for (std::string field; std::getline(fields, field, ',');) {
        double value = -1;  // an empty field: not tested
        const auto end = field.data() + field.size();
        if (!field.empty() && std::from_chars(field.data(), end, value).ptr != end) {
            throw program::FileError(path, "numbers", program::in_quotes(line));
        }
        numbers.push_back(value);
    }
    return numbers;
}

}  // namespace

LossLog::LossLog(std::string path, std::size_t steps_done, const std::vector<std::string>& kinds)
    : path_(std::move(path)), kinds_(kinds.size()), lines_{heading(kinds)} {
    if (steps_done == 0 || !std::filesystem::exists(path_)) return;
    const std::vector<std::string> before = lines_of(path_);
    for (const std::string& line : std::span(before).subspan(1)) {
        const std::vector<double> numbers = numbers_of(path_, line);
        if (!numbers.empty() && numbers[0] <= static_cast<double>(steps_done)) lines_.push_back(line);
    }
}

void LossLog::add(const StepReport& report, const std::optional<Accuracy>& tested) {
    std::string line = std::to_string(report.step) + number(",%.6f", report.loss) +
                       number(",%.4f", report.gradient_norm) + number(",%.4g", report.rate) + ",";
    if (tested) {
        line += number("%.6f", tested->loss);
        for (const auto& [right, asked] : tested->of_kind)
            line += number(",%.3f", static_cast<double>(right) / static_cast<double>(std::max<std::size_t>(asked, 1)));
    } else {
        line += std::string(kinds_, ',');
    }
    lines_.push_back(std::move(line));
}

void LossLog::save() const {
    program::OutputFile file(path_);
    for (const std::string& line : lines_) {
        file.write(std::as_bytes(std::span(line)));
        file.write(std::as_bytes(std::span("\n", 1)));
    }
    file.finish();
}

Curve read_curve(const std::string& path, std::string name) {
    Curve curve{std::move(name), path, {}, {}};
    const std::vector<std::string> lines = lines_of(path);
    for (const std::string& line : std::span(lines).subspan(1)) {
        const std::vector<double> numbers = numbers_of(path, line);
        if (numbers.size() < 2) continue;
        curve.training.emplace_back(numbers[0], numbers[1]);
        if (numbers.size() > 4 && numbers[4] >= 0) curve.held_out.emplace_back(numbers[0], numbers[4]);
    }
    if (curve.training.size() < 2) throw program::FileError(path, "two lines of numbers or more", "fewer");
    return curve;
}

}  // namespace train
