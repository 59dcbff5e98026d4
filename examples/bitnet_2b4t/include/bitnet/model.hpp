#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "activation_type.hpp"
#include "kv_type.hpp"
#include "tokenizer.hpp"

namespace ternion {
class AnyCommunicator;
struct PackingKernels;
}  // namespace ternion

namespace bitnet {

/// How a model is loaded. What is left at its default is chosen for the machine and the model; Model::options() then
/// says what was chosen.
struct LoadOptions {
    int threads = 0;               // 0: as many as this process may use, its container's quota included
    std::size_t context = 0;       // the longest sequence in tokens; 0: what the model was trained for
    std::size_t batch = 256;       // tokens of a prompt that are processed at once; more take memory and are no faster
    KvType kv_type = KvType::f16;  // of all sessions
    ActivationType activations = ActivationType::automatic;  // of all ternary layers
    std::string isa = {};  // the instruction set by name, of those in `known_isa_names`; empty: the best
    const ternion::PackingKernels* packing = nullptr;  // of ternary layers; null: the fastest. On one rank only
    bool mmap = true;                                  // false: the file is read into memory, and may change afterwards
    bool full_head = false;  // true: no int8 copy of the head; saves its memory, and tokens take longer
    bool skip_zeros = true;  // of feed-forward layers with squared ReLU; false: the same results, from all weights
    bool tokenizer = true;   // false: token ids only; a file without a tokenizer will do
    std::function<void(std::size_t done, std::size_t total)> progress = {};  // layers; may throw, to give up
    std::shared_ptr<ternion::AnyCommunicator> ranks = {};  // processes that share the work: see ranks.hpp
};

/// The context asked for is longer than the model's.
class ContextTooLong : public std::runtime_error {
 public:
    ContextTooLong(const std::string& message, std::size_t most) : std::runtime_error(message), most_(most) {}

    /// Tokens that the model was trained for.
    std::size_t most() const { return most_; }

 private:
    std::size_t most_;
};

struct ModelState;

/// A model that is ready to compute: weights, tokenizer and threads. It is read-only, and serves any number of sessions
/// on any threads at once. A handle: copies and sessions share the model, which lives as long as any of them. One that
/// was moved from can only be assigned to.
class Model {
 public:
    explicit Model(std::shared_ptr<const ModelState> state) : state_(std::move(state)) {}

    /// The file, for messages.
    const std::string& name() const;
    /// All files that it was read from.
    std::vector<std::string> files() const;
    /// What was asked for, and where that was left open, what was chosen; without `progress`.
    const LoadOptions& options() const;
    /// How many tokens a sequence may have.
    std::size_t context() const { return options().context; }
    /// Token ids are below this; a tokenizer may know fewer.
    std::size_t vocabulary_size() const;
    /// Whether it is made for vectors: its files say that a sequence's is its last token's state. Session::embedding
    /// gives that of any other model, too.
    bool has_pooling() const;
    /// Throws std::logic_error for a model that was loaded without.
    const Tokenizer& tokenizer() const;
    /// The ids of a text, behind BOS where the model has one: a prompt.
    std::vector<int> tokenize(std::string_view text, bool parse_special = false) const {
        return tokenizer().encode_with_bos(text, parse_special);
    }

    /// What the engine's own parts work with.
    const std::shared_ptr<const ModelState>& state() const { return state_; }

 private:
    std::shared_ptr<const ModelState> state_;
};

/// Loads a GGUF file, a Hugging Face folder or a model.safetensors in one, told apart by what they hold. Throws
/// std::runtime_error for a file that can't be read or holds something else, and std::invalid_argument for options that
/// are out of range or name what this machine can't run; each message is one line that says what was expected and
/// found.
Model load_model(const std::string& path, const LoadOptions& options = {});
/// The same from the bytes of a GGUF file, which are copied; `name` stands for the file in messages.
Model load_model_from_memory(const std::string& name, std::span<const std::byte> gguf, const LoadOptions& options = {});

/// A model with random weights in the sizes of one that people know by name ("2B4T", "Llama3-8B", "70B"), made in
/// memory: to measure what a machine does with it. Throws as load_model, and std::runtime_error for a name that is
/// none.
Model load_random_model(std::string_view size, const LoadOptions& options = {});

/// The instruction sets that the engine was compiled for and this machine can run, best first.
std::vector<std::string> known_isa_names();

}  // namespace bitnet
