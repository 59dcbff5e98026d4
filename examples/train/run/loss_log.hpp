#pragma once

#include <optional>
#include <string>
#include <vector>

#include "trainer.hpp"

namespace train {

/// The course of a run, a line for some steps: loss of the training data since the line before, gradients' norm,
/// learning rate and, where it was tested, loss and accuracy on what is held out, a column for each kind of it.
class LossLog {
 public:
    /// Takes over the lines of a file up to `steps_done`, if there is one: a run that is resumed goes on with its log.
    LossLog(std::string path, std::size_t steps_done, const std::vector<std::string>& kinds);

    void add(const StepReport& report, const std::optional<Accuracy>& tested);
    /// Writes the whole file anew: complete or not at all. Throws program::FileError.
    void save() const;
    std::size_t lines() const { return lines_.size() - 1; }  // without the heading

 private:
    std::string path_;
    std::size_t kinds_;
    std::vector<std::string> lines_;
};

/// A curve of a chart: what a log says.
struct Curve {
    std::string name, log;
    std::vector<std::pair<double, double>> training, held_out;  // step, loss
};

/// Reads a log. Throws program::FileError for what is none.
Curve read_curve(const std::string& path, std::string name);
/// Writes a chart of losses over steps, as SVG; readable on light and dark ground. Refuses a path that is one of the
/// logs.
void draw_curves(const std::string& path, const std::vector<Curve>& curves);

}  // namespace train
