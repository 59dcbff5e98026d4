#include "power_meter.hpp"

#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>

namespace bitnet {
namespace {

std::string word_in(const std::filesystem::path& file) {
    std::string word;
    std::ifstream(file) >> word;
    return word;
}

std::optional<std::uint64_t> number_in(const std::filesystem::path& file) {
    std::uint64_t number = 0;
    if (std::ifstream(file) >> number) return number;
    return std::nullopt;
}

/// A domain whose joules are in no other one that is counted: a processor, or its DRAM, but not its cores, which are a
/// part of the processor.
bool counts(std::string_view name) {
    return name.starts_with("package-") || name == "dram";
}

}  // namespace

PowerMeter::PowerMeter(const std::string& folder) {
    std::error_code none;
    bool found = false;
    for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
        const std::filesystem::path domain = entry.path();
        if (!domain.filename().string().starts_with("intel-rapl:") || !counts(word_in(domain / "name"))) continue;
        found = true;
        const auto range = number_in(domain / "max_energy_range_uj"), now = number_in(domain / "energy_uj");
        if (range && now) counters_.push_back({(domain / "energy_uj").string(), *range, *now});
    }
    if (!found) missing_ = "no counters in " + folder + " (intel-rapl:*)";
    if (found && counters_.empty()) missing_ = "only root may read " + folder + "/intel-rapl:*/energy_uj";
}

double PowerMeter::joules() {
    for (Counter& counter : counters_) {
        const std::uint64_t now = number_in(counter.file).value_or(counter.last);
        const std::uint64_t passed = now >= counter.last ? now - counter.last : now + (counter.range - counter.last);
        microjoules_ += static_cast<double>(passed);
        counter.last = now;
    }
    return microjoules_ * 1e-6;
}

}  // namespace bitnet
