#include "api_request.hpp"

#include <random>

#include <program/io/file_error.hpp>
#include "api_error.hpp"
#include "json_grammar.hpp"

namespace bitnet::serve {

using program::joined;
namespace {

constexpr std::int64_t most_choices = 128;
constexpr std::size_t most_stops = 16;

/// Members that would change the answer, and their values that wouldn't.
void refuse_unsupported(const JsonFields& fields, std::initializer_list<const char*> names) {
    for (const char* name : names) {
        const Json& value = fields[name];
        const bool harmless = value.is_null() || value == false || value == "none" || value == "" ||
                              (value.is_structured() && value.empty());
        if (!harmless) JsonFields::refuse_unsupported(name);
    }
}

std::vector<std::string> read_stops(const JsonFields& fields) {
    const Json& stop = fields["stop"];
    if (stop.is_null()) return {};
    if (stop.is_string()) return {stop.get<std::string>()};
    if (!stop.is_array() || stop.size() > most_stops)
        JsonFields::refuse("stop", joined("a text or at most ", most_stops, " texts"), stop);
    std::vector<std::string> stops;
    for (const Json& one : stop) {
        if (!one.is_string()) JsonFields::refuse("stop", "texts", one);
        stops.push_back(one.get<std::string>());
    }
    return stops;
}

std::shared_ptr<const Grammar> read_format(const JsonFields& fields) {
    const Json& format = fields["response_format"];
    if (format.is_null()) return nullptr;
    if (!format.is_object()) JsonFields::refuse("response_format", "an object", format);
    const std::string type = JsonFields(format).text("type", "");
    if (type == "text") return nullptr;
    if (type == "json_object") return json_object_grammar();
    if (type != "json_schema")
        JsonFields::refuse("response_format", "the type text, json_object or json_schema", format);
    const Json& named = JsonFields(format)["json_schema"];
    if (!named.is_object() || !named.contains("schema"))
        JsonFields::refuse("response_format", "a json_schema with a schema", named);
    return schema_grammar(named["schema"]);
}

std::map<int, float> read_bias(const JsonFields& fields, const Model& model) {
    std::map<int, float> bias;
    const Json& given = fields["logit_bias"];
    if (given.is_null()) return bias;
    if (!given.is_object()) JsonFields::refuse("logit_bias", "an object of token ids with numbers", given);
    for (const auto& [name, value] : given.items()) {
        const bool digits = !name.empty() && name.size() < 9 && name.find_first_not_of("0123456789") == name.npos;
        if (!digits || std::stoul(name) >= model.vocabulary_size())
            JsonFields::refuse("logit_bias", "ids of the model's tokens", name);
        const double x = value.is_number() ? value.get<double>() : 1000;
        if (!(x >= -100 && x <= 100)) JsonFields::refuse("logit_bias", "numbers from -100 to 100", value);
        bias[std::stoi(name)] = static_cast<float>(x);
    }
    return bias;
}

ChoiceOptions read_choice(const JsonFields& fields, const RequestContext& context) {
    ChoiceOptions choice;
    SamplingOptions& s = choice.sampling;
    s = context.sampling;
    const auto real = [&](const char* name, double least, double most, float otherwise) {
        return static_cast<float>(fields.number(name, least, most, static_cast<double>(otherwise)));
    };
    s.temperature = real("temperature", 0, 2, s.temperature);
    s.top_p = real("top_p", 0, 1, s.top_p);
    s.min_p = real("min_p", 0, 1, s.min_p);
    s.top_k = static_cast<int>(fields.integer("top_k", -1, 1 << 30, s.top_k));
    if (s.top_k < 0) s.top_k = 0;
    s.repeat_penalty = real("repeat_penalty", 0.001, 1000, s.repeat_penalty);
    s.repeat_last_n = static_cast<int>(fields.integer("repeat_last_n", -1, 1 << 30, s.repeat_last_n));
    s.seed = fields.has("seed") ? static_cast<std::uint64_t>(fields.integer("seed", INT64_MIN, INT64_MAX, 0))
                                : std::random_device{}();
    choice.frequency_penalty = real("frequency_penalty", -2, 2, 0);
    choice.presence_penalty = real("presence_penalty", -2, 2, 0);
    choice.bias = read_bias(fields, context.model);
    choice.grammar = read_format(fields);
    return choice;
}

/// A model that is told to call none of its tools answers with a text, as it does here without any.
void refuse_tools(const JsonFields& fields, const char* tools, const char* choice) {
    if (fields[choice] == "none") return;
    refuse_unsupported(fields, {tools});
    if (fields[choice] != "auto") refuse_unsupported(fields, {choice});
}

/// What both kinds of requests have.
TextRequest read_common(const JsonFields& fields, const RequestContext& context) {
    refuse_tools(fields, "tools", "tool_choice");
    refuse_tools(fields, "functions", "function_call");
    refuse_unsupported(fields, {"audio", "prediction", "web_search_options"});
    TextRequest request;
    request.choice = read_choice(fields, context);
    request.choices = static_cast<std::size_t>(fields.integer("n", 1, most_choices, 1));
    request.stream = fields.flag("stream", false);
    if (const Json& options = fields["stream_options"]; !options.is_null()) {
        if (!options.is_object()) JsonFields::refuse("stream_options", "an object", options);
        request.include_usage = JsonFields(options).flag("include_usage", false);
    }
    request.stops = read_stops(fields);
    return request;
}

/// -1, as some programs say it, is no limit.
std::size_t read_limit(const JsonFields& fields, const char* name, std::size_t otherwise) {
    if (!fields.has(name) || fields[name] == -1) return fields.has(name) ? static_cast<std::size_t>(-1) : otherwise;
    return static_cast<std::size_t>(fields.integer(name, 1, 1 << 30, 1));
}

void check_length(const std::vector<int>& prompt, const Model& model, const char* name) {
    if (prompt.empty()) throw ApiError(joined("'", name, "': expected a prompt, found an empty one"), name);
    if (prompt.size() <= model.context()) return;
    throw ApiError(joined("'", name, "': expected at most ", model.context(),
                          " tokens, the context of this model, found ", prompt.size()),
                   name, 400, "context_length_exceeded");
}

/// A content is a text or a list of parts that are texts.
std::string read_content(const Json& content) {
    if (content.is_string()) return content.get<std::string>();
    if (!content.is_array()) JsonFields::refuse("messages", "a text or a list of parts as content", content);
    std::string text;
    for (const Json& part : content) {
        const bool is_text = part.is_object() && part.value("type", Json()) == "text" && part.contains("text") &&
                             part["text"].is_string();
        if (!is_text) JsonFields::refuse("messages", "parts of the type text, the only one supported", part);
        text += part["text"].get<std::string>();
    }
    return text;
}

ChatMessage read_message(const Json& message) {
    if (!message.is_object()) JsonFields::refuse("messages", "objects with role and content", message);
    const JsonFields fields(message);
    refuse_unsupported(fields, {"tool_calls", "function_call"});
    const std::string role = fields.text("role", "");
    using Role = ChatMessage::Role;
    if (role == "system" || role == "developer") return {Role::system, read_content(fields["content"])};
    if (role == "user") return {Role::user, read_content(fields["content"])};
    if (role == "assistant")  // may have said nothing
        return {Role::assistant, fields.has("content") ? read_content(fields["content"]) : ""};
    JsonFields::refuse("messages", "a role of system, developer, user or assistant", fields["role"]);
}

template <class F>
auto encoded(const char* name, F&& encode) {
    try {
        return encode();
    } catch (const UnsupportedText& error) {
        throw ApiError(joined("'", name, "': ", error.what()), name);
    }
}

/// One input or several: a text, a list of texts, of tokens, or of lists of tokens.
template <class Encode>
std::vector<std::vector<int>> read_inputs(const Json& input, const char* name, const Model& model, Encode&& encode) {
    constexpr std::size_t most = 256;
    if (input.is_string()) return {encoded(name, [&] { return encode(input.get<std::string>()); })};
    if (!input.is_array() || input.empty() || (!input[0].is_number() && input.size() > most))
        JsonFields::refuse(name, joined("a text, tokens, or a list of at most ", most, " of such"), input);
    if (input[0].is_number()) return {read_tokens(input, name, model)};
    std::vector<std::vector<int>> inputs;
    for (const Json& one : input) {
        inputs.push_back(one.is_string() ? encoded(name, [&] { return encode(one.get<std::string>()); })
                                         : read_tokens(one, name, model));
    }
    return inputs;
}

}  // namespace

std::vector<int> read_tokens(const Json& list, const char* name, const Model& model) {
    if (!list.is_array()) JsonFields::refuse(name, "a list of tokens", list);
    std::vector<int> tokens;
    for (const Json& one : list) {
        const std::optional<std::int64_t> id = whole_number(one);
        if (!id || *id < 0 || static_cast<std::uint64_t>(*id) >= model.vocabulary_size())
            JsonFields::refuse(name, joined("token ids from 0 to ", model.vocabulary_size() - 1), one);
        tokens.push_back(static_cast<int>(*id));
    }
    return tokens;
}

TextRequest read_chat_request(const Json& body, const RequestContext& context) {
    if (context.chat == nullptr) throw ApiError(context.no_chat, "", 400, "no_chat_template");
    const JsonFields fields(body);
    TextRequest request = read_common(fields, context);
    if (fields.has("modalities") && fields["modalities"] != Json::array({"text"}))
        JsonFields::refuse_unsupported("modalities");
    request.chat = true;
    const char* limit = fields.has("max_completion_tokens") ? "max_completion_tokens" : "max_tokens";
    request.limit = read_limit(fields, limit, request.limit);
    request.choice.scores = fields.flag("logprobs", false);
    const auto likeliest = fields.integer("top_logprobs", 0, 20, 0);
    if (likeliest > 0 && !request.choice.scores)
        throw ApiError("'top_logprobs': expected it with logprobs only", "top_logprobs");
    request.choice.scored_likeliest = static_cast<std::size_t>(likeliest);
    const Json& list = fields["messages"];
    if (!list.is_array() || list.empty()) JsonFields::refuse("messages", "a list of messages", list);
    std::vector<ChatMessage> messages;
    for (const Json& one : list)
        messages.push_back(read_message(one));
    request.prompts = {encoded("messages", [&] { return context.chat->chat(messages); })};
    check_length(request.prompts[0], context.model, "messages");
    return request;
}

TextRequest read_completion_request(const Json& body, const RequestContext& context) {
    const JsonFields fields(body);
    TextRequest request = read_common(fields, context);
    refuse_unsupported(fields, {"echo", "suffix"});
    if (fields.integer("best_of", 1, most_choices, 1) > 1 && fields["best_of"] != fields["n"])
        JsonFields::refuse_unsupported("best_of");
    request.limit = read_limit(fields, "max_tokens", 16);  // as OpenAI's server
    request.choice.scores = fields.has("logprobs") && fields["logprobs"] != false;
    if (request.choice.scores)
        request.choice.scored_likeliest = static_cast<std::size_t>(fields.integer("logprobs", 0, 20, 0));
    request.prompts = read_inputs(fields["prompt"], "prompt", context.model,
                                  [&](const std::string& text) { return context.model.tokenize(text); });
    for (const std::vector<int>& prompt : request.prompts)
        check_length(prompt, context.model, "prompt");
    return request;
}

EmbeddingRequest read_embedding_request(const Json& body, const RequestContext& context) {
    const JsonFields fields(body);
    EmbeddingRequest request;
    refuse_unsupported(fields, {"dimensions"});
    const std::string format = fields.text("encoding_format", "float");
    if (format != "float" && format != "base64")
        JsonFields::refuse("encoding_format", "float or base64", fields["encoding_format"]);
    request.base64 = format == "base64";
    request.inputs = read_inputs(fields["input"], "input", context.model, [&](const std::string& text) {
        return context.model.tokenizer().encode_for_embedding(text);
    });
    for (const std::vector<int>& input : request.inputs)
        check_length(input, context.model, "input");
    return request;
}

}  // namespace bitnet::serve
