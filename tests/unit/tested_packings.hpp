#pragma once

// The packings that the typed tests run over: the library's list, or that of whoever compiles these tests for packings
// of their own, as examples/custom_packing does.

#include <ternion/packing/all.hpp>

#if defined(TESTED_PACKINGS)
#include TESTED_PACKINGS
#else
namespace test {

using packings = ternion::all_packings;

}  // namespace test
#endif
