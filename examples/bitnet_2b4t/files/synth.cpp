#include "synth.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numbers>
#include <stdexcept>
#include <ternion/core/float16.hpp>
#include <vector>

#include "../tokenizer/llama3.hpp"
#include "../tokenizer/tokenizer.hpp"
#include "file_error.hpp"
#include "gguf_model_writer.hpp"
#include "vocabulary_files.hpp"

namespace bitnet {
namespace {

/// splitmix64: a counter and a good mix of its bits.
class Random {
 public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t operator()() {
        std::uint64_t z = state_ += 0x9e3779b97f4a7c15U;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
        z = (z ^ z >> 27) * 0x94d049bb133111ebU;
        return z ^ z >> 31;
    }

    /// In (0, 1).
    double uniform() { return (static_cast<double>((*this)() >> 12) + 0.5) * 0x1p-52; }

 private:
    std::uint64_t state_;
};

std::uint64_t bytes_of(const ModelTensor& tensor) {
    const std::uint64_t values = std::uint64_t{tensor.rows} * tensor.cols;
    if (tensor.kind == ModelTensor::Kind::ternary) return values / 4 + 32;
    return values * (tensor.kind == ModelTensor::Kind::embedding ? 2 : 4);
}

std::uint32_t type_of(const ModelTensor& tensor) {
    return tensor.kind == ModelTensor::Kind::ternary ? 36 : tensor.kind == ModelTensor::Kind::embedding ? 1 : 0;
}

/// Bytes for a while of a tensor of one kind.
class Source {
 public:
    explicit Source(std::uint64_t seed) : random_(seed) {
        for (std::uint16_t& bits : normal_) {
            const double radius = std::sqrt(-2 * std::log(random_.uniform()));
            const double value = radius * std::cos(2 * std::numbers::pi * random_.uniform());
            bits = ternion::Float16(static_cast<float>(0.04 * value)).bits;
        }
    }

    void fill(ModelTensor::Kind kind, std::span<std::uint64_t> words) {
        switch (kind) {
            case ModelTensor::Kind::ternary:
                return fill_codes(words);
            case ModelTensor::Kind::embedding:
                return fill_normal(words);
            default:
                return fill_near_one(words);
        }
    }

 private:
    /// Codes 0, 1 and 2 in two bits each: the low bit of a code is set in 3 of 8 cases (a zero weight), else the high
    /// bit is random.
    void fill_codes(std::span<std::uint64_t> words) {
        constexpr std::uint64_t low = 0x5555555555555555U;
        for (std::uint64_t& word : words) {
            const std::uint64_t a = random_(), b = random_();
            const std::uint64_t zero = a & (a >> 1 | b) & low;
            word = zero | (b >> 1 & ~zero & low) << 1;
        }
    }

    void fill_normal(std::span<std::uint64_t> words) {
        for (std::uint64_t& word : words) {
            const std::uint64_t r = random_();
            word = 0;
            for (unsigned i = 0; i < 64; i += 16)
                word |= std::uint64_t{normal_[r >> i & 4095]} << i;
        }
    }

    void fill_near_one(std::span<std::uint64_t> words) {
        const auto near_one = [&] {
            return ternion::bit_cast<std::uint32_t>(static_cast<float>(0.9 + 0.2 * random_.uniform()));
        };
        for (std::uint64_t& word : words)
            word = near_one() | std::uint64_t{near_one()} << 32;
    }

    Random random_;
    std::array<std::uint16_t, 4096> normal_{};  // F16 numbers of a normal distribution
};

void write_tensor(GgufWriter& writer, const ModelTensor& tensor, Source& source,
                  const std::function<void(std::uint64_t)>& wrote) {
    std::vector<std::uint64_t> words(std::size_t{1} << 16);
    const bool ternary = tensor.kind == ModelTensor::Kind::ternary;
    std::uint64_t left = bytes_of(tensor) - (ternary ? 32 : 0);
    while (left > 0) {
        source.fill(tensor.kind, words);
        const auto bytes = std::as_bytes(std::span(words));
        const auto part = bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(left, bytes.size())));
        writer.write(part);
        wrote(part.size());
        left -= part.size();
    }
    if (!ternary) return;
    // 5/8 of the weights aren't zero: outputs then vary as the inputs do.
    std::array<float, 8> tail{1 / std::sqrt(0.625F * static_cast<float>(tensor.cols))};
    writer.write(std::as_bytes(std::span(tail)));
    wrote(sizeof tail);
}

Vocabulary filler_vocabulary(std::size_t size) {
    Vocabulary vocabulary;
    for (int byte = 0; byte < 256; ++byte) {
        const char c = static_cast<char>(byte);
        vocabulary.add({&c, 1}, TokenKind::text);
    }
    // The splitter cuts these names at the brackets, so that no text is ever encoded as a filler.
    while (vocabulary.size() + 256 < size) {
        vocabulary.add("[" + std::to_string(vocabulary.size()) + "]", TokenKind::text);
    }
    add_llama3_specials(vocabulary);
    return vocabulary;
}

Vocabulary vocabulary_for(const SynthOptions& options) {
    if (options.vocabulary.empty()) return filler_vocabulary(options.sizes.vocab);
    Vocabulary vocabulary = read_tiktoken_file(options.vocabulary);
    try {
        Tokenizer check(vocabulary);
    } catch (const std::runtime_error& error) {
        throw FileError(options.vocabulary, error.what());
    }
    return vocabulary;
}

}  // namespace

void synthesize(const SynthOptions& options) {
    Config config = options.sizes;
    config.layers = options.layers;
    config.validate(options.output);
    GgufWriter writer(options.output);
    {
        const Vocabulary vocabulary = vocabulary_for(options);
        config.vocab = vocabulary.size();
        add_sizes(writer, config, "BitNet b1.58 2B4T, random weights");
        add_vocabulary(writer, vocabulary);
    }
    const std::vector<ModelTensor> tensors = model_tensors(config, false);
    std::uint64_t total = 0, done = 0;
    for (const ModelTensor& tensor : tensors) {
        declare(writer, tensor, type_of(tensor), bytes_of(tensor));
        total += bytes_of(tensor);
    }
    Source source(options.seed);
    for (const ModelTensor& tensor : tensors) {
        write_tensor(writer, tensor, source, [&](std::uint64_t bytes) {
            done += bytes;
            if (options.progress) options.progress(done, total);
        });
    }
    writer.finish();
}

}  // namespace bitnet
