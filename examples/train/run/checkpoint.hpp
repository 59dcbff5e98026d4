#pragma once

#include <string>

#include "trainer.hpp"

namespace train {

/// The losses of the steps since the last line of a run's log.
struct LossSum {
    double sum = 0;
    std::size_t steps = 0;
};

/// Writes what a run needs to go on, in place of what the file held: complete or not at all. Throws program::FileError.
void save_checkpoint(const std::string& path, const Trainer& trainer, const LossSum& since_line = {});

/// Throws program::FileError for a file of another version or of another recipe.
void check_checkpoint(const std::string& path, const Recipe& recipe);

/// Puts a run back to where it was saved; it then goes on to the same bits as if it had never stopped. Returns what was
/// saved of the losses. Throws program::FileError for a file of another version, of another recipe, cut short or with
/// NaN in it; the trainer is then as before.
LossSum load_checkpoint(const std::string& path, Trainer& trainer);

}  // namespace train
