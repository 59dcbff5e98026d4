#pragma once

#include <cstddef>
#include <string>

#include "model_options.hpp"
#include "token_report.hpp"

namespace bitnet::cli {

struct SizeTableOptions {
    ModelOptions model;  // `synthetic` names sizes, with commas between them, or is "all"
    ReportLengths lengths;
    std::size_t most_memory = 0;  // MB; 0: nine tenths of what is free
    bool json = false;
};

/// Whether --synthetic names more than one size.
bool names_several(const std::string& synthetic);

/// Measures each size that fits in memory, the smallest first, and predicts the others: a token from its bytes, and the
/// first token from its operations, at the rates of the largest size that was measured. Throws as find_size does before
/// anything is measured.
void print_sizes(const SizeTableOptions& options);

}  // namespace bitnet::cli
