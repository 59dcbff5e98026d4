#include "memory_use.hpp"

#include <fstream>
#include <string>

namespace bitnet::cli {

std::size_t memory_in_use() {
    std::ifstream status("/proc/self/status");
    std::size_t bytes = 0;
    for (std::string line; std::getline(status, line);) {
        const bool counts = line.starts_with("RssAnon:") || line.starts_with("RssShmem:");
        if (counts) bytes += std::stoull(line.substr(line.find(':') + 1)) * 1024;
    }
    return bytes;
}

}  // namespace bitnet::cli
