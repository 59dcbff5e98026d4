#pragma once

#include <cstddef>

namespace test {

/// How often operator new, in any form, was called so far in this program.
std::size_t allocation_count();

}  // namespace test
