#pragma once

#include <string>

namespace web {

/// Multiplies some packings on ragged shapes and compares with the oracle by ==. A line for each packing: its name, a
/// tab, and "passed" or the first shape that is wrong.
std::string gemv_report();

}  // namespace web
