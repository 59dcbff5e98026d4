#pragma once

#include <bitnet/engine.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

#include "serve/api_request.hpp"
#include "serve/grammar.hpp"

namespace bitnet_tests {

/// What the server does with the body of a request, short of computing: whatever it is, it is read or throws
/// std::runtime_error; and a grammar that it asks for can be used.
inline void use_request(std::string_view input) {
    using namespace bitnet::serve;
    static const bitnet::Model model = bitnet::load_model(TESTS_DIR "/../examples/models/small.gguf", {.threads = 1});
    static const bitnet::ChatTemplate chat(model.tokenizer());
    const RequestContext context{.model = model, .chat = &chat};
    const auto read = [&](auto reader) {
        try {
            const auto request = reader(read_body(input), context);
            if constexpr (requires { request.choice; }) {
                if (!request.choice.grammar) return;
                GrammarState state(*request.choice.grammar);
                state.take("{\"a\": [1, \"x\"");
            }
        } catch (const std::runtime_error&) {
        }
    };
    read(read_chat_request);
    read(read_completion_request);
    read(read_embedding_request);
}

}  // namespace bitnet_tests
