#include "results.hpp"

#include <algorithm>
#include <cstdio>
#include <program/io/file_error.hpp>
#include <program/io/json_file.hpp>
#include <program/io/mapped_file.hpp>
#include <sstream>
#include <stdexcept>

namespace charts {

namespace {

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const std::size_t middle = values.size() / 2;
    return values.size() % 2 != 0 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

/// What the parts of a name say: FAMILY/SUBJECT/MxNxK/PLACE/threads:T, of which some are absent.
Result result_of(const std::string& name) {
    Result result;
    std::istringstream parts(name);
    std::getline(parts, result.family, '/');
    for (std::string part; std::getline(parts, part, '/');) {
        unsigned a = 0, b = 0, c = 0;
        if (result.subject.empty()) result.subject = part;
        if (part == "dram" || part == "cache") result.place = part;
        if (part.starts_with("threads:")) result.threads = std::stoi(part.substr(8));
        const int sizes = std::sscanf(part.c_str(), "%ux%ux%u", &a, &b, &c);
        if (sizes == 2) result.n = a, result.k = b;
        if (sizes == 3) result.m = a, result.n = b, result.k = c;
    }
    return result;
}

/// A benchmark's repetitions.
struct Repetitions {
    std::string name, label;
    std::map<std::string, std::vector<double>> values;
};

std::vector<Repetitions> repetitions_of(const program::Json& benchmarks, const std::string& path) {
    std::vector<Repetitions> all;
    for (const program::Json& entry : benchmarks) {
        if (entry.value("run_type", "") == "aggregate") continue;
        const std::string name = program::json_text(entry, "run_name", path);
        if (entry.value("error_occurred", false)) throw program::FileError(path, name + " failed");
        auto found = std::find_if(all.begin(), all.end(), [&](const auto& other) { return other.name == name; });
        if (found == all.end()) found = all.insert(found, {name, entry.value("label", ""), {}});
        for (const auto& [key, value] : entry.items()) {
            if (value.is_number()) found->values[key].push_back(value.get<double>());
        }
    }
    return all;
}

}  // namespace

double Result::counter(const std::string& name) const {
    const auto found = counters.find(name);
    if (found == counters.end()) throw std::runtime_error(family + "/" + subject + " has no " + name);
    return found->second;
}

double Result::limit() const {
    return std::min(counter("limit_macs_per_second"), counter("limit_bytes_per_second") * intensity());
}

std::vector<Result> Run::find(std::string_view family, int threads, Shape shape, std::string_view place) const {
    std::vector<Result> found;
    for (const Result& result : results) {
        if (result.family == family && result.threads == threads && (place.empty() || result.place == place) &&
            (shape == Shape{} || Shape{result.n, result.k} == shape)) {
            found.push_back(result);
        }
    }
    return found;
}

Run read_results(const std::string& path) {
    const program::MappedFile file(path);
    const program::Json data = program::parse_json_object(file.text(), path);
    const program::Json& context = program::json_member(data, "context", path);
    Run run;
    run.machine = context.value("cpu", "") + " · " + context.value("backend", "") + " · compiler " +
                  context.value("compiler", "") + " · " + context.value("date", "").substr(0, 10);
    for (const Repetitions& all : repetitions_of(program::json_member(data, "benchmarks", path), path)) {
        Result result = result_of(all.name);
        result.label = all.label;
        for (const auto& [key, values] : all.values)
            result.counters[key] = median(values);
        run.results.push_back(std::move(result));
    }
    if (run.results.empty()) throw program::FileError(path, "single runs", "none, maybe only aggregates of them");
    return run;
}

}  // namespace charts
