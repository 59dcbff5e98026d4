// What the page calls: a check of GEMV, and a model that answers questions, greedily, a token at a call. Text goes in
// and out as UTF-8; what is returned is valid until the next call of the same function.

#include <emscripten/emscripten.h>

#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <bitnet_2b4t/tokenizer/chat_template.hpp>
#include <program/io/utf8.hpp>
#include "compute/kernels.hpp"
#include "engine/sampler.hpp"
#include "files/gguf_source.hpp"
#include "gemv_check.hpp"
#include "model/decoder.hpp"

namespace {

/// A model with one sequence, whose members are made in the order in which they need one another.
class Answerer {
 public:
    explicit Answerer(std::span<const std::byte> gguf)
        : source_(std::make_unique<bitnet::MappedFile>("small.gguf", gguf)),
          tokenizer_(source_.vocabulary()),
          template_(tokenizer_),
          weights_(bitnet::load_weights(source_, bitnet::find_kernels(), threads_)),
          decoder_(weights_, threads_),
          cache_(weights_.config, weights_.config.context, bitnet::KvType::f32) {}

    void ask(const char* question) {
        std::vector<int> prompt = template_.opening("");
        const std::vector<int> turn = template_.turn(question);
        prompt.insert(prompt.end(), turn.begin(), turn.end());
        if (prompt.size() > cache_.capacity()) {
            throw std::runtime_error("expected a question of at most " + std::to_string(cache_.capacity()) +
                                     " tokens, found " + std::to_string(prompt.size()));
        }
        cache_.truncate(0);
        text_ = {};
        decoder_.forward(prompt, cache_);
    }

    /// The next piece of the answer; nothing where it has ended.
    std::optional<std::string> next() {
        if (cache_.length() == cache_.capacity()) return std::nullopt;
        const int token = sampler_(decoder_.logits(), {});
        if (tokenizer_.is_stop(token)) return std::nullopt;
        const int tokens[] = {token};
        decoder_.forward(tokens, cache_);
        const bool has_piece = static_cast<std::size_t>(token) < tokenizer_.size() && !tokenizer_.is_special(token);
        return has_piece ? text_.put(tokenizer_.piece(token)) : std::string();
    }

 private:
    bitnet::GgufSource source_;
    bitnet::Tokenizer tokenizer_;
    bitnet::ChatTemplate template_;
    ternion::ThreadPool threads_{1};
    bitnet::Weights weights_;
    bitnet::Decoder decoder_;
    bitnet::KvCache cache_;
    bitnet::Sampler sampler_{bitnet::SamplerOptions{.temperature = 0}};
    bitnet::StreamingDecoder text_;
};

std::unique_ptr<Answerer> answerer;
std::optional<std::string> piece;

/// Runs f; returns what went wrong, or an empty text.
template <class F>
const char* message_of(F&& f) {
    static std::string message;
    message.clear();
    try {
        f();
    } catch (const std::exception& error) {
        message = error.what();
    }
    return message.c_str();
}

}  // namespace

extern "C" {

EMSCRIPTEN_KEEPALIVE const char* backend_name() {
    static const std::string name(ternion::backend_of<ternion::default_arch>::name);
    return name.c_str();
}

/// A line for each packing: its name, a tab, and "passed" or the first shape that is wrong.
EMSCRIPTEN_KEEPALIVE const char* check_gemv() {
    static std::string lines;
    lines = web::gemv_report();
    return lines.c_str();
}

/// Takes a copy of the bytes of a GGUF file. Returns what is wrong with them, or an empty text.
EMSCRIPTEN_KEEPALIVE const char* load_model(const std::byte* bytes, std::size_t size) {
    return message_of([&] {
        answerer.reset();
        answerer = std::make_unique<Answerer>(std::span(bytes, size));
    });
}

/// Reads a question, which no earlier one has anything to do with. Returns what is wrong with it, or an empty text.
EMSCRIPTEN_KEEPALIVE const char* ask(const char* question) {
    return message_of([&] {
        if (!answerer) throw std::runtime_error("no model is loaded");
        answerer->ask(question);
    });
}

/// Computes the next piece of the answer. Returns what went wrong, or an empty text.
EMSCRIPTEN_KEEPALIVE const char* compute_piece() {
    return message_of([] { piece = answerer ? answerer->next() : std::nullopt; });
}

/// The piece that was computed last, maybe empty; null where the answer has ended.
EMSCRIPTEN_KEEPALIVE const char* next_piece() {
    return piece ? piece->c_str() : nullptr;
}

}  // extern "C"
