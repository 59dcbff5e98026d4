// What the page calls: a check of GEMV, and a model that answers questions, greedily, a token at a call. Text goes in
// and out as UTF-8; what is returned is valid until the next call of the same function.

#include <emscripten/emscripten.h>

#include <bitnet/engine.hpp>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <ternion/ternion.hpp>
#include <vector>

#include <program/io/utf8.hpp>
#include "gemv_check.hpp"

namespace {

/// A model with one sequence.
class Answerer {
 public:
    explicit Answerer(std::span<const std::byte> gguf)
        : session_(bitnet::load_model_from_memory("small.gguf", gguf,
                                                  {.threads = 1, .kv_type = bitnet::KvType::f32, .full_head = true})),
          template_(session_.model().tokenizer()) {}

    void ask(const char* question) {
        std::vector<int> prompt = template_.opening("");
        const std::vector<int> turn = template_.turn(question);
        prompt.insert(prompt.end(), turn.begin(), turn.end());
        const std::size_t most = session_.model().context();
        if (prompt.size() > most) {
            throw std::runtime_error("expected a question of at most " + std::to_string(most) + " tokens, found " +
                                     std::to_string(prompt.size()));
        }
        session_.rewind(0);
        text_ = {};
        session_.append(prompt);
    }

    /// The next piece of the answer; nothing where it has ended.
    std::optional<std::string> next() {
        const bitnet::Tokenizer& tokenizer = session_.model().tokenizer();
        if (session_.room() == 0) return std::nullopt;
        const int token = session_.sample(sampler_);
        if (tokenizer.is_stop(token)) return std::nullopt;
        session_.append({&token, 1});
        const bool has_piece = static_cast<std::size_t>(token) < tokenizer.size() && !tokenizer.is_special(token);
        return has_piece ? text_.put(tokenizer.piece(token)) : std::string();
    }

 private:
    bitnet::Session session_;
    bitnet::ChatTemplate template_;
    bitnet::Sampler sampler_{{.temperature = 0}};
    program::StreamingDecoder text_;
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
