#include "synth.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <random>
#include <stdexcept>
#include <ternion/core/float16.hpp>
#include <vector>

#include <bitnet/tokenizer.hpp>
#include <program/io/file_error.hpp>
#include "../tokenizer/llama3.hpp"
#include "gguf_config.hpp"
#include "gguf_vocabulary.hpp"
#include "gguf_writer.hpp"
#include "tensor_format.hpp"
#include "vocabulary_files.hpp"

namespace bitnet {

using namespace program;
namespace {

using Kind = ModelTensor::Kind;

struct Storage {
    std::uint32_t type;
    std::uint64_t bytes;
};

Storage storage_of(const ModelTensor& tensor) {
    if (tensor.kind == Kind::ternary) return {i2s_format.gguf_type, i2s_format.bytes(tensor.rows, tensor.cols)};
    const NumberFormat& format = *find_number_format(tensor.kind == Kind::embedding ? "F16" : "F32");
    return {format.gguf_type, format.bytes(tensor.rows * tensor.cols)};
}

/// What random tensors are made of, 64 bits at a time.
class Source {
 public:
    explicit Source(std::uint64_t seed) : random_(seed) {
        std::normal_distribution<float> normal(0, 0.04F);
        for (std::uint16_t& bits : normal_)
            bits = ternion::Float16(normal(random_)).bits;
    }

    std::uint64_t operator()(Kind kind) {
        return kind == Kind::ternary ? codes() : kind == Kind::embedding ? normals() : near_one() | near_one() << 32;
    }

 private:
    /// Codes 0, 1 and 2 in two bits each: the low bit of a code is set in 3 of 8 cases (a zero weight), else the high
    /// bit is random.
    std::uint64_t codes() {
        constexpr std::uint64_t low = 0x5555555555555555U;
        const std::uint64_t a = random_(), b = random_();
        const std::uint64_t zero = a & (a >> 1 | b) & low;
        return zero | (b >> 1 & ~zero & low) << 1;
    }

    std::uint64_t normals() {
        const std::uint64_t r = random_();
        std::uint64_t word = 0;
        for (unsigned i = 0; i < 64; i += 16)
            word |= std::uint64_t{normal_[r >> i & 4095]} << i;
        return word;
    }

    std::uint64_t near_one() {
        return std::bit_cast<std::uint32_t>(std::uniform_real_distribution<float>(0.9F, 1.1F)(random_));
    }

    std::mt19937_64 random_;
    std::array<std::uint16_t, 4096> normal_{};  // F16 numbers of a normal distribution
};

/// 5/8 of the weights aren't zero: with this, outputs vary as the inputs do.
float scale_of(const ModelTensor& tensor) {
    return 1 / std::sqrt(0.625F * static_cast<float>(tensor.cols));
}

void write_tensor(GgufWriter& writer, const ModelTensor& tensor, float scale, Source& source,
                  const std::function<void(std::uint64_t)>& wrote) {
    std::vector<std::uint64_t> words(std::size_t{1} << 16);
    std::uint64_t left = storage_of(tensor).bytes - (tensor.kind == Kind::ternary ? i2s_tail : 0);
    while (left > 0) {
        std::generate(words.begin(), words.end(), [&] { return source(tensor.kind); });
        const auto bytes = std::as_bytes(std::span(words));
        const auto part = bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(left, bytes.size())));
        writer.write(part);
        wrote(part.size());
        left -= part.size();
    }
    if (tensor.kind != Kind::ternary) return;
    write_i2s_tail(writer, scale);
    wrote(i2s_tail);
}

Vocabulary filler_vocabulary(std::size_t size) {
    Vocabulary vocabulary;
    for (int byte = 0; byte < 256; ++byte) {
        const char c = static_cast<char>(byte);
        vocabulary.add({&c, 1}, TokenKind::text);
    }
    // The splitter cuts these names at the brackets, so that no text is ever encoded as a filler.
    while (vocabulary.size() + 256 < size) {
        vocabulary.add(joined("[", vocabulary.size(), "]"), TokenKind::text);
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
    GgufWriter writer(options.output, {options.vocabulary});
    {
        const Vocabulary vocabulary = vocabulary_for(options);
        config.vocab = vocabulary.size();
        write_gguf_config(writer, config, families().front(), "BitNet b1.58 2B4T, random weights");
        writer.add("general.file_type", gguf_file_type_i2s);
        add_vocabulary(writer, vocabulary);
    }
    const std::vector<ModelTensor> tensors = model_tensors(config);
    std::uint64_t total = 0, done = 0;
    for (const ModelTensor& tensor : tensors) {
        const auto [type, bytes] = storage_of(tensor);
        declare(writer, tensor, type, bytes);
        total += bytes;
    }
    Source source(options.seed);
    for (const ModelTensor& tensor : tensors) {
        const float scale = scale_of(tensor) * (options.repeating ? 1e-4F : 1.0F);
        write_tensor(writer, tensor, scale, source, [&](std::uint64_t bytes) {
            done += bytes;
            if (options.progress) options.progress(done, total);
        });
    }
    writer.finish();
}

}  // namespace bitnet
