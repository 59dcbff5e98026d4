#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bitnet {

/// Joules that the machine itself counts (RAPL), as Linux shows them in files: of all processors with all that runs on
/// them, idle cores included, and of their DRAM where that is counted. Counters begin again after some minutes:
/// readings within one count right.
class PowerMeter {
 public:
    explicit PowerMeter(const std::string& folder = "/sys/class/powercap");

    /// Whether there are counters that this process may read; else `missing` says why not, in a few words.
    bool works() const { return missing_.empty(); }
    const std::string& missing() const { return missing_; }
    /// Joules since it was made.
    double joules();

 private:
    struct Counter {
        std::string file;
        std::uint64_t range;  // microjoules after which it begins at 0 again
        std::uint64_t last;
    };

    std::vector<Counter> counters_;
    double microjoules_ = 0;
    std::string missing_;
};

}  // namespace bitnet
