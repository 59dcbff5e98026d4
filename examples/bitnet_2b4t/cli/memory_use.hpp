#pragma once

#include <cstddef>

namespace bitnet::cli {

/// Bytes of memory that this process has for itself: anonymous and shared pages, without those of files, which the
/// system can drop and read again. 0 where the system doesn't tell.
std::size_t memory_in_use();

}  // namespace bitnet::cli
