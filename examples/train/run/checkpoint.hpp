#pragma once

#include <string>

#include "trainer.hpp"

namespace train {

/// Writes what a run needs to go on, in place of what the file held: complete or not at all. Throws bitnet::FileError.
void save_checkpoint(const std::string& path, const Trainer& trainer);

/// Puts a run back to where it was saved; it then goes on to the same bits as if it had never stopped. Throws
/// bitnet::FileError for a file of another version, of another recipe or cut short; the trainer is then as before.
void load_checkpoint(const std::string& path, Trainer& trainer);

}  // namespace train
