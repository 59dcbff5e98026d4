#pragma once

#include <optional>
#include <program/cli/measurement.hpp>

#include "../run/trainer.hpp"

namespace train::cli {

/// Says on standard error how far a run is: one line that changes on a terminal, a line a test elsewhere.
class StatusLine {
 public:
    /// Where `counts_right` is false, nobody asks whether a held-out text was continued as it stands.
    StatusLine(const Recipe& recipe, std::size_t steps_done, bool counts_right);
    StatusLine(const StatusLine&) = delete;
    StatusLine& operator=(const StatusLine&) = delete;
    ~StatusLine();

    /// What a step has learned from.
    void count(const StepReport& report) { tokens_ += report.tokens; }
    void show(const StepReport& report, const std::optional<Accuracy>& tested);

 private:
    std::size_t steps_, first_step_, tokens_ = 0;
    bool counts_right_, terminal_;
    program::Stopwatch watch_;
};

}  // namespace train::cli
