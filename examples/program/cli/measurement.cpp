#include "measurement.hpp"

#include <cmath>
#include <fstream>
#include <string>

namespace program {

std::size_t memory_in_use() {
    std::ifstream status("/proc/self/status");
    std::size_t bytes = 0;
    for (std::string line; std::getline(status, line);) {
        const bool counts = line.starts_with("RssAnon:") || line.starts_with("RssShmem:");
        if (counts) bytes += std::stoull(line.substr(line.find(':') + 1)) * 1024;
    }
    return bytes;
}

Mean mean_of(std::span<const double> numbers) {
    const auto count = static_cast<double>(numbers.size());
    Mean mean;
    for (const double number : numbers)
        mean.value += number / count;
    double squares = 0;
    for (const double number : numbers)
        squares += (number - mean.value) * (number - mean.value);
    if (count > 1) mean.deviation = std::sqrt(squares / (count - 1));
    mean.error = mean.deviation / std::sqrt(count);
    return mean;
}

}  // namespace program
