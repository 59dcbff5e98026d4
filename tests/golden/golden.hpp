#pragma once

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "compute/kernels.hpp"
#include "files_fixture.hpp"
#include "model/decoder.hpp"

namespace bitnet_tests {

inline const std::string golden_families = TESTS_DIR "/golden/families";
inline const std::string golden_refuse = TESTS_DIR "/golden/refuse";

/// Numbers of an independent implementation in double.
inline std::vector<double> read_doubles(const std::string& path) {
    const std::string bytes = read_text(path);
    std::vector<double> numbers(bytes.size() / sizeof(double));
    std::memcpy(numbers.data(), bytes.data(), numbers.size() * sizeof(double));
    return numbers;
}

/// Root of the mean squared difference, relative to that of the expected values.
template <class Expected>
double relative_rms(std::span<const float> found, std::span<const Expected> expected) {
    REQUIRE(found.size() == expected.size());
    double difference = 0;
    double norm = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
        const double e = static_cast<double>(expected[i]);
        difference += (static_cast<double>(found[i]) - e) * (static_cast<double>(found[i]) - e);
        norm += e * e;
    }
    return std::sqrt(difference / norm);
}

/// A golden model in memory, at a number of threads.
struct Loaded {
    Loaded(const std::string& path, int count, bool use_mmap = true)
        : Loaded(bitnet::open_model(path, use_mmap), count) {}
    Loaded(std::unique_ptr<bitnet::ModelSource> opened, int count,
           bitnet::ActivationType activations = bitnet::ActivationType::automatic)
        : source(std::move(opened)),
          threads(count),
          weights(bitnet::load_weights(*source, bitnet::find_kernels(), threads, {}, {.activations = activations})) {}

    /// Logits [tokens, vocab], the tokens being fed `batch` at a time.
    std::vector<float> logits(std::span<const int> tokens, std::size_t batch,
                              bitnet::KvType type = bitnet::KvType::f32) {
        bitnet::Decoder decoder(weights, threads);
        bitnet::KvCache cache(weights.config, tokens.size(), type);
        const std::size_t vocab = weights.config.vocab;
        std::vector<float> all(tokens.size() * vocab);
        for (std::size_t i = 0; i < tokens.size(); i += batch) {
            const std::size_t count = std::min(batch, tokens.size() - i);
            decoder.forward(tokens.subspan(i, count), cache);
            decoder.logits(0, count, std::span(all).subspan(i * vocab, count * vocab));
        }
        return all;
    }

    std::unique_ptr<bitnet::ModelSource> source;
    ternion::ThreadPool threads;
    bitnet::Weights weights;
};

/// A model of tests/golden/families, by its description there: the files that hold it, and what each kind of
/// activations gives.
struct GoldenFamily {
    struct Mode {
        std::string name;
        bitnet::ActivationType activations;
        std::vector<double> logits;
    };

    std::string name;
    std::vector<int> tokens;
    std::vector<std::string> models;  // paths
    std::vector<Mode> modes;

    const Mode& mode(const std::string& wanted) const {
        const auto found = std::find_if(modes.begin(), modes.end(), [&](const Mode& m) { return m.name == wanted; });
        REQUIRE(found != modes.end());
        return *found;
    }
    bool has_mode(const std::string& wanted) const {
        return std::any_of(modes.begin(), modes.end(), [&](const Mode& mode) { return mode.name == wanted; });
    }
};

/// Every file in the folder must be named by a description, and every name must be known here, so that none is passed
/// over.
std::vector<GoldenFamily> read_golden_families();

}  // namespace bitnet_tests
