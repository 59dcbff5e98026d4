#pragma once

#include <compare>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace charts {

/// One benchmark: the median of its repetitions. Rates are per second; m is 1 for gemv.
struct Result {
    std::string family, subject;  // gemv, gemm, rival, ...; the packing, or the other library
    std::string place;            // dram, cache or nothing
    std::string label;
    unsigned m = 1, n = 0, k = 0;
    int threads = 1;
    std::map<std::string, double> counters;

    double counter(const std::string& name) const;
    double macs() const { return counter("macs_per_second"); }
    double bits() const { return counter("bits_per_weight"); }
    /// Multiplications for each byte of weights.
    double intensity() const { return m * 8 / bits(); }
    /// What the limits allow, in multiplications.
    double limit() const;
};

struct Shape {
    unsigned n, k;
    auto operator<=>(const Shape&) const = default;
};

struct Run {
    std::vector<Result> results;
    std::string machine;  // CPU, backend, compiler, date

    /// Those of a family, in the order of the file; of any shape, or place, if that is empty.
    std::vector<Result> find(std::string_view family, int threads, Shape shape = {}, std::string_view place = {}) const;
};

/// Reads what ternion-bench --benchmark_out=FILE wrote. Throws program::FileError.
Run read_results(const std::string& path);

/// The charts, as SVG: GEMV of every packing beside what the machine's limits allow; every packing and batch size under
/// the roof that reads and dot products make. Throw std::runtime_error where the run lacks what they show.
std::string bars(const Run& run);
std::string roofline(const Run& run);
/// A server under load, from what benchmarks/serving/measure.mjs wrote. Throws program::FileError.
std::string serving(const std::string& path);

}  // namespace charts
