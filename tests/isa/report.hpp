#pragma once

#include <cstddef>
#include <cstdio>
#include <string>

namespace isa {

/// Counts checks and prints those that fail. A test framework would have to be built for each machine first.
struct Report {
    std::size_t checks = 0;
    std::size_t failures = 0;

    void check(bool good, const std::string& what) {
        ++checks;
        if (good) return;
        ++failures;
        std::printf("FAILED: %s\n", what.c_str());
    }
};

}  // namespace isa
