// The example decoder on each instruction set that this program was compiled for and this machine can run: the logits
// of a small model, compared with those of an independent implementation in double. golden_logits MODEL EXPECTED [ISA],
// where EXPECTED holds doubles [tokens, vocab], and ISA is what should be the best here.

#include <cmath>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "compute/kernels.hpp"
#include "files/gguf_source.hpp"
#include "model/decoder.hpp"

namespace {

// Those of tests/golden/tiny-bitnet.json.
constexpr int tokens[] = {TOKENS};

std::vector<double> read_doubles(const char* path) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), {});
    std::vector<double> values(bytes.size() / sizeof(double));
    std::memcpy(values.data(), bytes.data(), values.size() * sizeof(double));
    return values;
}

/// Whether the logits are right.
bool check(const char* model, const bitnet::Kernels& kernels, const std::vector<double>& expected) {
    const bitnet::GgufSource source(std::make_unique<program::MappedFile>(model, program::MappedFile::Mode::read));
    ternion::ThreadPool threads(1);
    const auto weights = bitnet::load_weights(source, kernels, threads);
    bitnet::Decoder decoder(weights, threads);
    bitnet::KvCache cache(weights.config, std::size(tokens), bitnet::KvType::f32);
    std::vector<float> logits(std::size(tokens) * weights.config.vocab);
    decoder.forward(tokens, cache);
    decoder.logits(0, std::size(tokens), logits);

    double difference = 0, norm = 0;
    for (std::size_t i = 0; i < expected.size() && i < logits.size(); ++i) {
        difference += (static_cast<double>(logits[i]) - expected[i]) * (static_cast<double>(logits[i]) - expected[i]);
        norm += expected[i] * expected[i];
    }
    const double relative = std::sqrt(difference / norm);
    const bool good = expected.size() == logits.size() && relative <= 1e-5;
    std::printf("%zu logits, relative RMS %.3g: %s\n", logits.size(), relative, good ? "right" : "WRONG");
    return good;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3 && argc != 4) return 2;
    const auto expected = read_doubles(argv[2]);
    bool good = true;
    std::string best;
    for (const auto& [name, available] : bitnet::known_isas()) {
        if (!available) continue;
        if (best.empty()) best = name;
        std::printf("%s: ", std::string(name).c_str());
        good = check(argv[1], bitnet::find_kernels(name), expected) && good;
    }
    std::printf("best here: %s\n", best.c_str());
    good = good && &bitnet::find_kernels() == &bitnet::find_kernels(best);
    return !good || (argc == 4 && best != argv[3]);
}
