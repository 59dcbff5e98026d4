#include "status_line.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <program/cli/output.hpp>
#include <string>

namespace train::cli {
namespace {

std::string remaining(double seconds) {
    const auto whole = static_cast<long long>(std::min(seconds, 1e15));
    return program::formatted("%lld:%02lld min", whole / 60, whole % 60);
}

}  // namespace

StatusLine::StatusLine(const Recipe& recipe, std::size_t steps_done, bool counts_right)
    : steps_(recipe.steps),
      first_step_(steps_done),
      counts_right_(counts_right),
      terminal_(::isatty(STDERR_FILENO) == 1) {}

StatusLine::~StatusLine() {
    if (terminal_) std::fputs("\n", stderr);
}

void StatusLine::show(const StepReport& report, const std::optional<Accuracy>& tested) {
    if (!terminal_ && !tested && report.step != steps_) return;
    const double seconds = watch_.seconds(), rate = static_cast<double>(report.step - first_step_) / seconds;
    const std::string line = program::formatted("step %zu of %zu, loss %.4f, %.0f tokens/s, %s left", report.step,
                                                steps_, report.loss, static_cast<double>(tokens_) / seconds,
                                                remaining(static_cast<double>(steps_ - report.step) / rate).c_str());
    // On a terminal, what would begin a second line is cut, as that couldn't be changed.
    const std::string shown = line.substr(0, program::columns(STDERR_FILENO) - 1);
    std::fprintf(stderr, "%s%s%s", terminal_ ? "\r\033[K" : "", shown.c_str(), terminal_ ? "" : "\n");
    if (!tested) return;
    if (tested->of_kind.empty()) return;
    std::fprintf(stderr, "%sheld out: loss %.4f", terminal_ ? "\r\033[K" : "  ", tested->loss);
    const char* before = ", right";
    for (const auto& [right, asked] : tested->of_kind) {
        if (counts_right_) std::fprintf(stderr, "%s %zu%%", before, right * 100 / (asked == 0 ? 1 : asked));
        before = "";
    }
    std::fputs("\n", stderr);
}

}  // namespace train::cli
