// The example decoder on each instruction set that this program was compiled for and this machine can run: the logits
// of small models of all families, compared with those of an independent implementation in double. golden_logits LIST
// [ISA], where LIST has three lines for a model, its file, that of its logits (doubles [tokens, vocab]) and the tokens,
// and ISA is what should be the best here.

#include <cmath>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "compute/kernels.hpp"
#include "files/gguf_source.hpp"
#include "model/decoder.hpp"

namespace {

struct Golden {
    std::string model;
    std::vector<double> logits;
    std::vector<int> tokens;
};

std::vector<double> read_doubles(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), {});
    std::vector<double> values(bytes.size() / sizeof(double));
    std::memcpy(values.data(), bytes.data(), values.size() * sizeof(double));
    return values;
}

std::vector<Golden> read_list(const char* path) {
    std::ifstream list(path);
    std::vector<Golden> models;
    std::string model, logits, tokens;
    while (std::getline(list, model) && std::getline(list, logits) && std::getline(list, tokens)) {
        models.push_back({model, read_doubles(logits), {}});
        std::istringstream numbers(tokens);
        for (int token = 0; numbers >> token; numbers.ignore())
            models.back().tokens.push_back(token);
    }
    return models;
}

/// Whether the logits are right.
bool check(const Golden& golden, const bitnet::Kernels& kernels) {
    const bitnet::GgufSource source(
        std::make_unique<program::MappedFile>(golden.model, program::MappedFile::Mode::read));
    ternion::ThreadPool threads(1);
    const auto weights = bitnet::load_weights(source, kernels, threads);
    bitnet::Decoder decoder(weights, threads);
    const std::size_t count = golden.tokens.size();
    bitnet::KvCache cache(weights.config, count, bitnet::KvType::f32);
    std::vector<float> logits(count * weights.config.vocab);
    decoder.forward(golden.tokens, cache);
    decoder.logits(0, count, logits);

    double difference = 0, norm = 0;
    for (std::size_t i = 0; i < golden.logits.size() && i < logits.size(); ++i) {
        const double expected = golden.logits[i];
        difference += (static_cast<double>(logits[i]) - expected) * (static_cast<double>(logits[i]) - expected);
        norm += expected * expected;
    }
    const double relative = std::sqrt(difference / norm);
    const bool good = golden.logits.size() == logits.size() && relative <= 1e-5;
    std::printf("%s: %zu logits, relative RMS %.3g: %s\n", golden.model.c_str(), logits.size(), relative,
                good ? "right" : "WRONG");
    return good;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2 && argc != 3) return 2;
    const std::vector<Golden> models = read_list(argv[1]);
    bool good = !models.empty();
    std::string best;
    for (const auto& [name, available] : bitnet::known_isas()) {
        if (!available) continue;
        if (best.empty()) best = name;
        std::printf("%s\n", std::string(name).c_str());
        for (const Golden& golden : models)
            good = check(golden, bitnet::find_kernels(name)) && good;
    }
    std::printf("best here: %s\n", best.c_str());
    good = good && &bitnet::find_kernels() == &bitnet::find_kernels(best);
    return !good || (argc == 3 && best != argv[2]);
}
