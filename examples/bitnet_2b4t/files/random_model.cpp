#include "random_model.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <ternion/core/float16.hpp>
#include <utility>
#include <vector>

#include <program/io/file_error.hpp>
#include "../tokenizer/llama3.hpp"

namespace bitnet {

using namespace program;
namespace {

using Take = std::function<void(std::span<const std::byte>)>;

constexpr std::size_t q2_0_bytes = 18;

/// What random tensors are made of, 64 bits at a time.
class Numbers {
 public:
    explicit Numbers(std::uint64_t seed) : random_(seed) {
        std::normal_distribution<float> normal(0, RandomTensors::embedding_deviation);
        for (std::uint16_t& bits : normal_)
            bits = ternion::Float16(normal(random_)).bits;
    }

    /// Codes 0, 1 and 2 in two bits each: the low bit of a code is set in 3 of 8 cases (a zero weight), else the high
    /// bit is random.
    std::uint64_t codes() {
        constexpr std::uint64_t low = 0x5555555555555555U;
        const std::uint64_t a = random_(), b = random_();
        const std::uint64_t zero = a & (a >> 1 | b) & low;
        return zero | (b >> 1 & ~zero & low) << 1;
    }
    /// Four F16 numbers of a normal distribution.
    std::uint64_t normals() {
        const std::uint64_t r = random_();
        std::uint64_t word = 0;
        for (unsigned i = 0; i < 64; i += 16)
            word |= std::uint64_t{normal_[r >> i & 4095]} << i;
        return word;
    }
    /// Two floats.
    std::uint64_t near_one() { return one_near_one() | one_near_one() << 32; }
    /// A float16 within a tenth of `mean`.
    std::uint16_t near(float mean) {
        return ternion::Float16(mean * std::bit_cast<float>(static_cast<std::uint32_t>(one_near_one()))).bits;
    }

 private:
    std::uint64_t one_near_one() {
        return std::bit_cast<std::uint32_t>(std::uniform_real_distribution<float>(0.9F, 1.1F)(random_));
    }

    std::mt19937_64 random_;
    std::array<std::uint16_t, 4096> normal_{};
};

/// `bytes` of them, made word by word.
template <class Next>
void put_words(std::uint64_t bytes, const Take& take, Next next) {
    std::vector<std::uint64_t> words(std::size_t{1} << 16);
    while (bytes > 0) {
        std::generate(words.begin(), words.end(), next);
        const auto all = std::as_bytes(std::span(words));
        const auto part = all.first(static_cast<std::size_t>(std::min<std::uint64_t>(bytes, all.size())));
        take(part);
        bytes -= part.size();
    }
}

/// Blocks of Q2_0, each with a scale of its own near `mean`.
void put_blocks(std::uint64_t bytes, float mean, Numbers& numbers, const Take& take) {
    std::vector<std::byte> blocks(q2_0_bytes << 12);
    while (bytes > 0) {
        const auto some = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, blocks.size()));
        for (std::size_t at = 0; at < some; at += q2_0_bytes) {
            const std::uint16_t scale = numbers.near(mean);
            const std::uint64_t codes[] = {numbers.codes(), numbers.codes()};
            std::memcpy(blocks.data() + at, &scale, 2);
            std::memcpy(blocks.data() + at + 2, codes, 16);
        }
        take(std::span(blocks).first(some));
        bytes -= some;
    }
}

/// 5/8 of the weights aren't zero: with this, outputs vary as the inputs do.
float scale_of(const ModelTensor& tensor) {
    if (tensor.kind == TensorKind::embedding) return 0.05F;
    return 1 / std::sqrt(static_cast<float>(RandomTensors::share_of_signs) * static_cast<float>(tensor.cols));
}

bool adds_to_stream(const ModelTensor& tensor) {
    return tensor.info != nullptr &&
           (tensor.info->tensor == LayerTensor::attn_output || tensor.info->tensor == LayerTensor::ffn_down);
}

/// Tensors that were asked for stay where they can be looked at: the embedding is read row by row.
class RandomSource final : public ModelSource {
 public:
    RandomSource(std::string name, const Family& family, const Config& config, std::uint64_t seed)
        : name_(std::move(name)), family_(family), config_(config), tensors_(family, seed) {
        config_.validate(name_);
        for (const ModelTensor& tensor : model_tensors(config_))
            known_.emplace(tensor.name, tensor);
    }

    const std::string& name() const override { return name_; }
    std::vector<std::string> files() const override { return {}; }
    Config config() const override { return config_; }
    const Family& family() const override { return family_; }
    bool contains(std::string_view tensor) const override { return known_.find(tensor) != known_.end(); }
    ternion::Shape shape(std::string_view tensor) const override { return {get(tensor).rows, get(tensor).cols}; }
    Masters masters_of(std::string_view) const override { return Masters::refused; }
    bool is_ternary(std::string_view tensor) const override { return get(tensor).kind == TensorKind::ternary; }
    TernaryTensor ternary(std::string_view name) const override {
        const ModelTensor& tensor = get(name);
        const auto bytes = make(tensor);
        const TernaryFormat& format = *find_ternary_format(tensors_.storage(tensor).type);
        TernaryTensor made =
            format.open({name_, tensor.name, std::string(format.name), tensor.rows, tensor.cols, *bytes});
        if (made.owner) return made;
        made.owner = bytes;
        return made;
    }
    DenseTensor dense(std::string_view name) const override {
        const ModelTensor& tensor = get(name);
        const NumberFormat* format = find_number_format(tensors_.storage(tensor).type);
        const auto bytes = make(tensor);
        kept_[tensor.name] = bytes;
        return {tensor.name, format, tensor.rows, tensor.cols, *bytes};
    }
    Vocabulary vocabulary() const override { return filler_vocabulary(config_.vocab); }

 private:
    const ModelTensor& get(std::string_view name) const {
        const auto found = known_.find(name);
        if (found == known_.end()) throw FileError(name_, "tensor " + in_quotes(name), "none of that name");
        return found->second;
    }
    std::shared_ptr<std::vector<std::byte>> make(const ModelTensor& tensor) const {
        auto bytes = std::make_shared<std::vector<std::byte>>();
        bytes->reserve(static_cast<std::size_t>(tensors_.storage(tensor).bytes));
        tensors_.generate(tensor, [&](auto part) { bytes->insert(bytes->end(), part.begin(), part.end()); });
        return bytes;
    }

    std::string name_;
    const Family& family_;
    Config config_;
    RandomTensors tensors_;
    std::map<std::string, ModelTensor, std::less<>> known_;
    mutable std::map<std::string, std::shared_ptr<std::vector<std::byte>>> kept_;  // filled while a model is loaded
};

}  // namespace

RandomTensors::Storage RandomTensors::storage(const ModelTensor& tensor) const {
    const bool ternary = tensor.kind == TensorKind::ternary;
    if (block_scales_ && tensor.kind != TensorKind::norm) {
        const TernaryFormat& format = *find_ternary_format(gguf_type_q2_0);
        if (const std::uint64_t bytes = format.bytes(tensor.rows, tensor.cols)) return {format.gguf_type, bytes};
        throw std::runtime_error("rows of a multiple of 64 weights: expected in " + tensor.name + ", found " +
                                 std::to_string(tensor.cols));
    }
    if (ternary) return {i2s_format.gguf_type, i2s_format.bytes(tensor.rows, tensor.cols)};
    const NumberFormat& format =
        *find_number_format(std::string_view(tensor.kind == TensorKind::embedding ? "F16" : "F32"));
    return {format.gguf_type, format.bytes(tensor.rows * tensor.cols)};
}

void RandomTensors::generate(const ModelTensor& tensor, const Take& into) const {
    const Take take = zero_gates_ ? zero_gates_->changed(tensor, into) : into;
    Numbers numbers(seed_ * 0x9e3779b97f4a7c15U + std::hash<std::string>{}(tensor.name));
    const Storage stored = storage(tensor);
    const float scale = scale_of(tensor) * (adds_to_stream(tensor) ? added_ : 1.0F);
    if (stored.type == gguf_type_q2_0) return put_blocks(stored.bytes, scale, numbers, take);
    if (tensor.kind == TensorKind::norm) return put_words(stored.bytes, take, [&] { return numbers.near_one(); });
    if (tensor.kind == TensorKind::embedding) return put_words(stored.bytes, take, [&] { return numbers.normals(); });
    put_words(stored.bytes - i2s_tail, take, [&] { return numbers.codes(); });
    const std::array<float, i2s_tail / sizeof(float)> tail{scale};
    take(std::as_bytes(std::span(tail)));
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

std::unique_ptr<ModelSource> random_source(std::string name, const Family& family, const Config& config,
                                           std::uint64_t seed) {
    return std::make_unique<RandomSource>(std::move(name), family, config, seed);
}

}  // namespace bitnet
