// Models for JavaScript: the engine's, behind plain functions. Each that can fail returns a status of ternion.h, and
// model_error() its message; what it gives is read by model_result, until the next call. Text is UTF-8.

#include <emscripten/emscripten.h>
#include <ternion/ternion.h>

#include <algorithm>
#include <bitnet/engine.hpp>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <ternion/simd/isa.hpp>
#include <vector>

namespace {

/// A text that is being generated, a token at a call.
struct Generation {
    bitnet::Session session;
    bitnet::Sampler sampler;
    int left;  // tokens; -1: until the model stops
};

constexpr ternion_status ended = -1;

std::string message;
std::string result;

template <class F>
ternion_status guarded(F&& f) {
    try {
        return f();
    } catch (const std::logic_error& error) {
        message = error.what();
        return TERNION_INVALID_ARGUMENT;
    } catch (const std::exception& error) {
        message = error.what();
        return TERNION_FAILED;
    }
}

template <class T>
ternion_status give(std::span<const T> values) {
    result.assign(reinterpret_cast<const char*>(values.data()), values.size_bytes());
    return TERNION_OK;
}

ternion_status give_ids(const std::vector<int>& ids) {
    return give(std::span<const int>(ids));
}

}  // namespace

extern "C" {

EMSCRIPTEN_KEEPALIVE const char* backend_name() {
    static const std::string name(ternion::backend_of<ternion::default_arch>::name);
    return name.c_str();
}

EMSCRIPTEN_KEEPALIVE const char* model_error() {
    return message.c_str();
}
EMSCRIPTEN_KEEPALIVE const char* model_result() {
    return result.data();
}
EMSCRIPTEN_KEEPALIVE std::size_t model_result_size() {
    return result.size();
}

/// From a copy of the bytes of a GGUF file. Of the head there is no second form, because memory is what a page lacks.
EMSCRIPTEN_KEEPALIVE ternion_status model_load(const std::byte* bytes, std::size_t size, std::size_t context,
                                               bitnet::Model** model) {
    return guarded([&] {
        const bitnet::LoadOptions options{
            .threads = 1, .context = context, .kv_type = bitnet::KvType::f32, .full_head = true};
        *model = new bitnet::Model(bitnet::load_model_from_memory("loadModel", {bytes, size}, options));
        return TERNION_OK;
    });
}
EMSCRIPTEN_KEEPALIVE void model_free(bitnet::Model* model) {
    delete model;
}
EMSCRIPTEN_KEEPALIVE std::size_t model_context(const bitnet::Model* model) {
    return model->context();
}
EMSCRIPTEN_KEEPALIVE std::size_t model_vocabulary_size(const bitnet::Model* model) {
    return model->vocabulary_size();
}

/// Ids, behind BOS where the model wants it.
EMSCRIPTEN_KEEPALIVE ternion_status model_tokenize(const bitnet::Model* model, const char* text, std::size_t size,
                                                   int special) {
    return guarded([&] { return give_ids(model->tokenize({text, size}, special != 0)); });
}

/// Bytes, with the names of special tokens or without.
EMSCRIPTEN_KEEPALIVE ternion_status model_detokenize(const bitnet::Model* model, const int* ids, std::size_t count,
                                                     int special) {
    return guarded([&] {
        const bitnet::Tokenizer& tokenizer = model->tokenizer();
        std::vector<int> kept(ids, ids + count);
        for (const int id : kept)
            (void)tokenizer.piece(id);  // throws for an id that is none
        if (special == 0) std::erase_if(kept, [&](int id) { return tokenizer.is_special(id); });
        const std::string text = tokenizer.decode(kept);
        return give(std::span<const char>(text));
    });
}

/// Ids of a chat's first turn, up to where the answer begins.
EMSCRIPTEN_KEEPALIVE ternion_status model_chat_prompt(const bitnet::Model* model, const char* question,
                                                      std::size_t size) {
    return guarded([&] {
        const bitnet::ChatTemplate chat(model->tokenizer());
        std::vector<int> ids = chat.opening("");
        const std::vector<int> turn = chat.turn({question, size});
        ids.insert(ids.end(), turn.begin(), turn.end());
        return give_ids(ids);
    });
}

/// Writes the logits of what follows each token from `first` on, [count - first, vocabulary].
EMSCRIPTEN_KEEPALIVE ternion_status model_logits(const bitnet::Model* model, const int* ids, std::size_t count,
                                                 std::size_t first, float* logits) {
    return guarded([&] {
        bitnet::Session session(*model);
        session.append({ids, count}, first, [&](std::size_t position, std::span<const float> some) {
            std::copy(some.begin(), some.end(), logits + (position - first) * model->vocabulary_size());
        });
        return TERNION_OK;
    });
}

/// Reads a prompt. The seed is an integer.
EMSCRIPTEN_KEEPALIVE ternion_status model_generate(const bitnet::Model* model, const int* prompt, std::size_t count,
                                                   int limit, float temperature, int top_k, float top_p, float min_p,
                                                   float repeat_penalty, double seed, Generation** generation) {
    return guarded([&] {
        const bitnet::SamplingOptions sampling{.temperature = temperature,
                                               .top_k = top_k,
                                               .top_p = top_p,
                                               .min_p = min_p,
                                               .repeat_penalty = repeat_penalty,
                                               .seed = static_cast<std::uint64_t>(seed)};
        std::unique_ptr<Generation> made(new Generation{bitnet::Session(*model), bitnet::Sampler(sampling), limit});
        made->session.generate(std::span(prompt, count), made->sampler, {.limit = 0}, {});
        *generation = made.release();
        return TERNION_OK;
    });
}
EMSCRIPTEN_KEEPALIVE void model_end_generation(Generation* generation) {
    delete generation;
}

/// The bytes of the next token, maybe none; `ended` at the end.
EMSCRIPTEN_KEEPALIVE ternion_status model_next(Generation* generation) {
    return guarded([&]() -> ternion_status {
        auto& [session, sampler, left] = *generation;
        if (left == 0 || session.pending().size() > session.room()) return ended;
        const bitnet::Generation made = session.generate(std::span<const int>(), sampler, {.limit = 1}, {});
        if (left > 0) --left;
        if (made.end != bitnet::GenerationEnd::limit) left = 0;
        return give(std::span<const char>(made.text));
    });
}

}  // extern "C"
