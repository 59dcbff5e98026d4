#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <bitnet/tokenizer.hpp>
#include <program/io/file_error.hpp>
#include <program/io/mapped_file.hpp>
#include "../model/architecture.hpp"
#include "../model/config.hpp"
#include "../tokenizer/vocabulary.hpp"
#include "declarations.hpp"
#include "families.hpp"
#include "float_layers.hpp"
#include "tensor_format.hpp"

namespace bitnet {

/// A size of the model, and what files call it: GGUF behind the architecture and a dot, Hugging Face in config.json.
/// Those that may be absent follow from others.
struct SizeName {
    std::size_t Config::* size;
    std::string_view gguf, hugging_face;
    bool optional = false;
};
inline constexpr SizeName size_names[] = {
    {&Config::vocab, "vocab_size", "vocab_size", true},
    {&Config::context, "context_length", "max_position_embeddings"},
    {&Config::hidden, "embedding_length", "hidden_size"},
    {&Config::layers, "block_count", "num_hidden_layers"},
    {&Config::ffn, "feed_forward_length", "intermediate_size"},
    {&Config::head_dim, "rope.dimension_count", "head_dim", true},
    {&Config::heads, "attention.head_count", "num_attention_heads"},
    {&Config::kv_heads, "attention.head_count_kv", "num_key_value_heads", true},
};

/// What yarn multiplies sines and cosines by where a file doesn't say.
double yarn_attention(double factor);

/// Throws FileError, which names the tensor, where it has another shape than the model's sizes say.
void check_shape(ternion::Shape found, ternion::Shape expected, std::string_view tensor, const std::string& file);

class GgufWriter;
class ModelSource;

/// Throws FileError for the first tensor of the file that has another shape than the model's sizes say. Those that are
/// missing are found when they are asked for: a tokenizer's data alone needs none.
void check_shapes(const ModelSource& source);

/// A model in whatever file or folder it came. Tensors go by their GGUF names ("token_embd.weight",
/// "blk.0.attn_q.weight", ...); matrices are [outputs, inputs]. Everything is checked against the file's size when it
/// is opened or asked for; what is missing or impossible throws FileError. Const calls are safe from many threads.
class ModelSource {
 public:
    ModelSource() = default;
    ModelSource(const ModelSource&) = delete;
    ModelSource& operator=(const ModelSource&) = delete;
    virtual ~ModelSource() = default;

    /// The file, for messages.
    virtual const std::string& name() const = 0;
    /// All files that it is read from, which no output may replace.
    virtual std::vector<std::string> files() const { return {name()}; }
    /// The sizes, validated.
    virtual Config config() const = 0;
    virtual const Family& family() const = 0;
    /// All that a model of these sizes has.
    std::vector<ModelTensor> tensors() const { return model_tensors(config()); }
    virtual bool contains(std::string_view tensor) const = 0;
    /// What the file calls it, for messages.
    virtual std::string stored_name(std::string_view tensor) const { return std::string(tensor); }
    /// [rows, cols], whatever it is stored as.
    virtual ternion::Shape shape(std::string_view tensor) const = 0;
    /// Whether floats that aren't ternary are the weights of training, to be quantised by absmean: the model's kind or
    /// its file says so.
    virtual bool trains_floats() const { return family().masters; }
    virtual TernaryTensor ternary(std::string_view tensor) const = 0;
    /// Whether the file has the rows of q and k as in_pairs orders them; `ternary` gives them in halves, `dense` as
    /// they are.
    virtual bool stores_pairs() const { return false; }
    /// Whether it is stored as a ternary matrix, or its floats are one.
    virtual bool is_ternary(std::string_view tensor) const = 0;
    /// What the floats of a matrix that isn't ternary are taken for.
    virtual Masters masters_of(std::string_view tensor) const = 0;
    virtual DenseTensor dense(std::string_view tensor) const = 0;
    /// What the file says of itself beside its tensors, in its order.
    virtual std::vector<Declaration> metadata() const { return {}; }
    /// The metadata of a GGUF file of this model, with the tokenizer where there is one.
    virtual void add_metadata(GgufWriter&) const {}
    /// The tokenizer's data. Throws FileError where the model comes without one.
    virtual Vocabulary vocabulary() const = 0;
};

/// The files of a model that is in one.
std::vector<std::unique_ptr<program::MappedFile>> one_file(std::unique_ptr<program::MappedFile> file);

/// Opens a GGUF file, a Hugging Face folder or a single model.safetensors, by what it is, not by its name. Without
/// `use_mmap` the whole file is read into memory. Float weights that aren't ternary are quantised where the model's
/// kind says so, or the caller.
std::unique_ptr<ModelSource> open_model(const std::string& path, bool use_mmap = true,
                                        Masters masters = Masters::refused);

/// The tokenizer that comes with a model. Throws FileError where there is none, or none that works.
Tokenizer load_tokenizer(const ModelSource& source);

}  // namespace bitnet
