#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../config.hpp"
#include "../tokenizer/tokenizer.hpp"
#include "../tokenizer/vocabulary.hpp"
#include "file_error.hpp"
#include "number_format.hpp"

namespace bitnet {

/// A matrix [rows, cols] of trits with one scale that multiplies, as a file holds it. `read` fills `out`
/// ([row_count, cols], row-major) with -1, 0 and +1; it may be called from many threads at once and throws FileError
/// where the file holds no trit. `i2s` is the matrix in the I2_S layout where that is what the file holds (then
/// ternion::borrow<ternion::I2S> takes it, and checks it), else empty. Both live as long as the source.
struct TernaryTensor {
    std::string name;
    std::string format;  // as the file calls it, for messages: "I2_S", "U8"
    std::size_t rows = 0;
    std::size_t cols = 0;
    float scale = 1;
    std::span<const std::byte> i2s;
    std::function<void(std::size_t row_begin, std::size_t row_count, std::span<std::int8_t> out)> read;
};

/// A matrix [rows, cols] of real numbers as a file holds it: an embedding, or a norm (one row). The rows are whole
/// blocks of `format` and follow one another without gaps; `bytes` is exactly rows * format->bytes(cols) long, not
/// necessarily aligned, and lives as long as the source.
struct DenseTensor {
    std::string name;
    const NumberFormat* format = nullptr;
    std::size_t rows = 0;
    std::size_t cols = 0;
    std::span<const std::byte> bytes;

    /// Rows `row_begin` and following, as many as `out` ([row_count, cols]) holds, as floats.
    void read(std::size_t row_begin, std::span<float> out) const;
};

/// Weights as they were trained, quantised by absmean (arXiv 2402.17764): the scale gamma is max(mean abs(w), 1e-5), a
/// trit is w / gamma, rounded (half to even) and clamped. Reads the whole matrix once for gamma; throws FileError where
/// a weight is no finite number.
TernaryTensor quantize_master(const DenseTensor& weights, const std::string& file);

/// A tensor that a model of these sizes has, and what it is. A norm is one row.
struct ModelTensor {
    enum class Kind { embedding, ternary, norm };

    std::string name;
    std::size_t rows = 0;
    std::size_t cols = 0;
    Kind kind = Kind::norm;
};

/// All of them, in the order in which GGUF files have them. A separate head is "output.weight".
std::vector<ModelTensor> model_tensors(const Config& config, bool separate_head);

class GgufWriter;

/// A model in whatever file or folder it came. Tensors go by their GGUF names ("token_embd.weight",
/// "blk.0.attn_q.weight", ...); matrices are [outputs, inputs]. Everything is checked against the file's size when it
/// is opened or asked for; what is missing or impossible throws FileError. Const calls are safe from many threads.
class ModelSource {
 public:
    ModelSource() = default;
    ModelSource(const ModelSource&) = delete;
    ModelSource& operator=(const ModelSource&) = delete;
    virtual ~ModelSource() = default;

    /// The file or folder, for messages.
    virtual const std::string& name() const = 0;
    /// The sizes, validated.
    virtual Config config() const = 0;
    virtual bool contains(std::string_view tensor) const = 0;
    virtual TernaryTensor ternary(std::string_view tensor) const = 0;
    virtual DenseTensor dense(std::string_view tensor) const = 0;
    /// What the file says of itself beside its tensors: names and printable values.
    virtual std::vector<std::pair<std::string, std::string>> metadata() const { return {}; }
    /// The metadata of a GGUF file of this model, with the tokenizer where there is one.
    virtual void add_metadata(GgufWriter&) const {}
    /// The tokenizer's data. Throws FileError where the model comes without one.
    virtual Vocabulary vocabulary() const = 0;
};

/// Opens a GGUF file, a Hugging Face folder or a single model.safetensors, by what it is, not by its name. Without
/// `use_mmap` the whole file is read into memory.
std::unique_ptr<ModelSource> open_model(const std::string& path, bool use_mmap = true);

/// The tokenizer that comes with a model. Throws FileError where there is none, or none that works.
Tokenizer load_tokenizer(const ModelSource& source);

}  // namespace bitnet
