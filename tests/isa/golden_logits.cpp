// The example decoder on each arch that this program was compiled for and this machine can run: the logits of a small
// model, compared with those of an independent implementation in double. golden_logits MODEL EXPECTED [ARCH], where
// EXPECTED holds doubles [tokens, vocab], and ARCH is what should be the best here.

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
#include "decoder.hpp"
#include "files/gguf_source.hpp"

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
bool check(const char* model, const std::vector<double>& expected) {
    const bitnet::GgufSource source(std::make_unique<bitnet::MappedFile>(model, bitnet::MappedFile::Mode::read));
    bitnet::Threads threads(1);
    const auto weights = bitnet::load_weights(source, threads);
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
    bool good = argc == 3 || bitnet::arch_in_use() == argv[3];
    std::printf("best here: %s\n", std::string(bitnet::arch_in_use()).c_str());
    for (const auto& [name, available] : bitnet::known_archs()) {
        if (!available) continue;
        std::printf("%s: ", std::string(name).c_str());
        bitnet::use_arch(name);
        good = check(argv[1], expected) && good;
    }
    return !good;
}
