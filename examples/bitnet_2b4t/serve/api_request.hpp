#pragma once

#include <bitnet/chat_template.hpp>
#include <bitnet/model.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "job.hpp"
#include "json_fields.hpp"

namespace bitnet::serve {

/// A request for text: each prompt gets `choices` texts.
struct TextRequest {
    bool chat = false;
    std::vector<std::vector<int>> prompts;
    std::size_t choices = 1;
    bool stream = false, include_usage = false;
    ChoiceOptions choice = {};
    std::size_t limit = static_cast<std::size_t>(-1);
    std::vector<std::string> stops = {};
};

/// A request for vectors.
struct EmbeddingRequest {
    std::vector<std::vector<int>> inputs;
    bool base64 = false;
};

/// What requests are read for.
struct RequestContext {
    const Model& model;
    const ChatTemplate* chat = nullptr;  // null: the model can't chat, by `no_chat`
    std::string no_chat = {};
    SamplingOptions sampling = {};  // where a request doesn't say
};

/// Bodies of /v1/chat/completions, /v1/completions and /v1/embeddings. Names of special tokens in what a user writes
/// are text. Unknown members are ignored; all throw ApiError for one that isn't supported or is out of range.
TextRequest read_chat_request(const Json& body, const RequestContext& context);
TextRequest read_completion_request(const Json& body, const RequestContext& context);
EmbeddingRequest read_embedding_request(const Json& body, const RequestContext& context);

/// A list of token ids, each of which the model knows.
std::vector<int> read_tokens(const Json& list, const char* name, const Model& model);

}  // namespace bitnet::serve
