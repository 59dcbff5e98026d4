#pragma once

#include <string>
#include <ternion/ternion.hpp>

#include "packings.hpp"

namespace bench {

/// A wrong result is no result: prints one line on stderr and ends the program with exit code 1.
[[noreturn]] void fail(const std::string& benchmark, const std::string& message);

/// Multiplies once and compares some rows, for every token, with the definition.
void check_exactness(const std::string& benchmark, const BenchedPacking& packing, ternion::Shape shape,
                     const std::byte* data, const ternion::QuantizedActivations& x, const Threads& threads);

}  // namespace bench
