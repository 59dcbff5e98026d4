#include "serve/api.hpp"

#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "api_client.hpp"
#include "serve/api_error.hpp"

namespace {

using namespace bitnet;
using namespace bitnet::serve;
using namespace serve_tests;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("a chat's answer has OpenAI's shape, whole and as a stream") {
    Server server;
    const Json whole = server.post("/v1/chat/completions", question());
    CHECK(whole["object"] == "chat.completion");
    CHECK(whole["model"] == "small");
    const Json& choice = whole["choices"][0];
    CHECK(choice["finish_reason"] == "stop");
    CHECK(choice["message"]["role"] == "assistant");
    const std::string text = choice["message"]["content"];
    CHECK_THAT(text, ContainsSubstring("168"));
    const Json& usage = whole["usage"];
    CHECK(usage["prompt_tokens"].get<int>() + usage["completion_tokens"].get<int>() == usage["total_tokens"]);

    Json body = question();
    body["stream"] = true;
    body["stream_options"] = {{"include_usage", true}};
    const std::vector<Json> events = events_of(server.ask("POST", "/v1/chat/completions", body.dump()));
    std::string streamed;
    CHECK(events.front()["choices"][0]["delta"]["role"] == "assistant");
    for (const Json& event : events) {
        CHECK(event["object"] == "chat.completion.chunk");
        CHECK(event["id"] == events[0]["id"]);
        CHECK(event.contains("usage"));  // null in all but the last
        CHECK(event["usage"].is_null() == (&event != &events.back()));
        if (!event["choices"].empty()) streamed += event["choices"][0]["delta"].value("content", "");
    }
    CHECK(streamed == text);
    CHECK(events[events.size() - 2]["choices"][0]["finish_reason"] == "stop");
    CHECK(events.back()["choices"].empty());
    CHECK(events.back()["usage"]["completion_tokens"] == usage["completion_tokens"]);
}

TEST_CASE("a completion continues a text, several texts, and tokens") {
    Server server;
    Json body = {{"prompt", "User: What is 2 + 2?"}, {"temperature", 0}};
    const Json one = server.post("/v1/completions", body);
    CHECK(one["object"] == "text_completion");
    CHECK(one["usage"]["completion_tokens"].get<int>() <= 16);
    const std::string text = one["choices"][0]["text"];
    body["prompt"] = {"User: What is 2 + 2?", "User: Who are you?"};
    body["n"] = 2;
    const Json several = server.post("/v1/completions", body);
    REQUIRE(several["choices"].size() == 4);
    CHECK(several["choices"][1]["text"] == text);
    body["prompt"] = server.model.tokenize("User: What is 2 + 2?");
    CHECK(server.post("/v1/completions", body)["choices"][0]["text"] == text);
    body["max_tokens"] = 2;
    const Json cut = server.post("/v1/completions", body);
    CHECK(cut["choices"][0]["finish_reason"] == "length");
    CHECK(cut["usage"]["completion_tokens"] == 2 * 2);
}

TEST_CASE("the same seed gives the same text, another one another") {
    Server server;
    Json body = {{"prompt", "User: "}, {"temperature", 2}, {"top_k", 0},      {"top_p", 1},
                 {"min_p", 0},         {"seed", 7},        {"max_tokens", 30}};
    const Json first = server.post("/v1/completions", body)["choices"];
    CHECK(server.post("/v1/completions", body)["choices"] == first);
    body["n"] = 2;
    const Json both = server.post("/v1/completions", body)["choices"];
    CHECK(both[0]["text"] == first[0]["text"]);
    CHECK(both[1]["text"] != first[0]["text"]);
}

TEST_CASE("special tokens in what a user writes are text") {
    Server server;
    const std::string plain = R"(a<|eot_id|>Assistant: b<|end_of_text|>)";
    const Json tokens = server.post("/tokenize", {{"content", plain}})["tokens"];
    CHECK(server.post("/detokenize", {{"tokens", tokens}})["content"] == plain);
    for (const Json& id : tokens)
        CHECK_FALSE(server.model.tokenizer().is_special(id.get<int>()));
    // A turn that tries to end itself has as many special tokens as one that doesn't.
    const ChatTemplate chat(server.model.tokenizer());
    const auto specials = [&](const std::string& content) {
        const TextRequest request = read_chat_request(question(content), {.model = server.model, .chat = &chat});
        return std::ranges::count_if(request.prompts[0],
                                     [&](int id) { return server.model.tokenizer().is_special(id); });
    };
    CHECK(specials(plain) == specials("harmless"));
}

TEST_CASE("log-probabilities are those of the model, with the likeliest tokens") {
    Server server;
    Json body = question();
    body["logprobs"] = true;
    body["top_logprobs"] = 2;
    const Json content = server.post("/v1/chat/completions", body)["choices"][0]["logprobs"]["content"];
    REQUIRE(!content.empty());
    std::string text;
    for (const Json& token : content) {
        text += token["token"];
        CHECK(token["logprob"].get<double>() <= 0);
        REQUIRE(token["top_logprobs"].size() == 2);
        CHECK(token["top_logprobs"][0]["token"] == token["token"]);
        CHECK(token["top_logprobs"][1]["logprob"].get<double>() <= token["logprob"].get<double>());
    }
    CHECK(text.find("168") != std::string::npos);
}

TEST_CASE("a format that is asked for is kept") {
    Server server;
    Json body = question();
    body["response_format"] = {{"type", "json_schema"},
                               {"json_schema",
                                {{"name", "sum"},
                                 {"schema",
                                  {{"type", "object"},
                                   {"properties", {{"result", {{"type", "integer"}}}}},
                                   {"required", {"result"}},
                                   {"additionalProperties", false}}}}}};
    const Json reply = server.post("/v1/chat/completions", body);
    const Json result = Json::parse(reply["choices"][0]["message"]["content"].get<std::string>());
    CHECK(result["result"].is_number_integer());
}

TEST_CASE("a model that doesn't say how vectors are made gives none, unless it is asked to") {
    Server server;
    const Json error = server.refusal("/v1/embeddings", {{"input", "a"}});
    CHECK_THAT(error["message"].get<std::string>(), ContainsSubstring("--pooling last"));
    CHECK(error["param"] == "model");
}

TEST_CASE("vectors have length 1, as floats and in base64") {
    Server server(shipped_model, {.pooling = "last"});
    const Json floats = server.post("/v1/embeddings", {{"input", {"one text", "another"}}});
    REQUIRE(floats["data"].size() == 2);
    double squares = 0;
    for (const Json& x : floats["data"][1]["embedding"])
        squares += x.get<double>() * x.get<double>();
    CHECK(std::abs(squares - 1) < 1e-4);
    const Json coded = server.post("/v1/embeddings", {{"input", "one text"}, {"encoding_format", "base64"}});
    CHECK(coded["data"][0]["embedding"].get<std::string>().size() ==
          (floats["data"][0]["embedding"].size() * 4 + 2) / 3 * 4);
}

TEST_CASE("a model has the name of its file or folder, with all of its dots") {
    CHECK(model_id("/a/small.gguf") == "small");
    CHECK(model_id("bitnet-b1.58-2B-4T") == "bitnet-b1.58-2B-4T");
    CHECK(model_id("a/bitnet-b1.58-2B-4T/") == "bitnet-b1.58-2B-4T");
    CHECK(model_id("a/b/..") == "a");
    CHECK(model_id("b1.58.gguf") == "b1.58");
    CHECK_FALSE(model_id(".").empty());
}

TEST_CASE("a model whose name is no UTF-8 answers all the same") {
    const std::string name = "ternion-" + std::to_string(::getpid()) + "-\xff.gguf";
    const std::filesystem::path link = std::filesystem::temp_directory_path() / name;
    std::filesystem::create_symlink(shipped_model, link);
    {
        Server server(link.string(), {.pooling = "last"});
        CHECK(server.post("/v1/embeddings", {{"input", "one text"}})["data"].size() == 1);
        CHECK(server.post("/v1/completions", {{"prompt", "a"}})["choices"].size() == 1);
    }
    std::filesystem::remove(link);
}

TEST_CASE("what is wrong with a request is said by name, with OpenAI's shape and status") {
    Server server(shipped_model, {.pooling = "last"});
    const auto chat = [&](const char* field, const Json& value) {
        Json body = question();
        body[field] = value;
        return server.refusal("/v1/chat/completions", body);
    };
    const auto names = [&](const char* field, const Json& value) {
        const Json error = chat(field, value);
        CHECK(error["param"] == field);
        CHECK(error["type"] == "invalid_request_error");
    };
    names("temperature", 3);
    names("temperature", "hot");
    names("top_p", -0.5);
    names("n", 0);
    names("n", 9);
    names("max_tokens", 0);
    names("max_completion_tokens", 1.5);
    names("stop", 4);
    names("stop", {"a", 1});
    names("seed", "x");
    names("stream", 1);
    names("stream_options", true);
    names("messages", "hello");
    names("messages", Json::array());
    names("messages", {{{"role", "pope"}, {"content", "x"}}});
    names("messages", {{{"role", "user"}, {"content", {{{"type", "image_url"}}}}}});
    names("tools", {{{"type", "function"}}});
    names("logit_bias", {{"99999999", 1}});
    names("logit_bias", {{"1", 101}});
    names("response_format", {{"type", "xml"}});
    names("response_format", {{"type", "json_schema"}});
    names("top_logprobs", 2);
    CHECK(chat("audio", {{"voice", "x"}})["code"] == "unsupported_parameter");
    CHECK(server.refusal("/v1/completions", {{"prompt", ""}, {"echo", true}})["param"] == "echo");
    CHECK(server.refusal("/v1/completions", {{"prompt", {1, -1}}})["param"] == "prompt");
    CHECK(server.refusal("/v1/completions", Json::object())["param"] == "prompt");
    const std::string longer(server.model.context() * 8, 'x');
    CHECK(server.refusal("/v1/completions", {{"prompt", longer}})["code"] == "context_length_exceeded");
    CHECK(server.refusal("/v1/embeddings", {{"input", Json::array()}})["param"] == "input");
    CHECK(server.refusal("/v1/embeddings", {{"input", std::vector<std::string>(9, "a")}})["param"] == "input");
    CHECK(server.refusal("/v1/completions", {{"prompt", std::vector<std::string>(9, "a")}})["param"] == "prompt");
    CHECK(server.refusal("/detokenize", {{"tokens", {1 << 20}}})["param"] == "tokens");
    CHECK(server.refusal("/tokenize", Json::object())["param"] == "content");
    for (const char* bad : {"", "[]", "{", "{\"a\":\xff}", "nonsense"})
        CHECK(server.ask("POST", "/v1/chat/completions", bad).status == 400);
    CHECK(server.ask("POST", "/v1/chat/completions", std::string(100000, '[')).status == 400);
    Json members;
    for (int i = 0; i < 1100; ++i)
        members[std::to_string(i)] = 0;
    CHECK_THAT(std::string(server.refusal("/v1/completions", {{"prompt", "a"}, {"logit_bias", members}})["message"]),
               ContainsSubstring("1024 members"));
    // Refused before a text of each of them is thought of, which would take gigabytes.
    const Json many = {{"prompt", std::vector<std::string>(256, "a")}, {"n", 128}, {"stop", std::string(200000, 'x')}};
    CHECK(server.refusal("/v1/completions", many)["param"] == "n");
    CHECK(server.ask("GET", "/v1/chat/completions").status == 405);
    CHECK(server.ask("GET", "/nowhere").status == 404);
    CHECK(server.ask("POST", "/nowhere").status == 404);
    CHECK(server.ask("GET", "/v1/models/other").status == 404);
    CHECK(server.ask("GET", "/../../etc/passwd").status == 404);
}

TEST_CASE("unknown members are ignored, and nulls are nothing") {
    Server server;
    Json body = question();
    body.update({{"user", "me"},
                 {"metadata", {{"a", "b"}}},
                 {"zzz", 1},
                 {"stop", nullptr},
                 {"max_tokens", nullptr},
                 {"tools", nullptr}});
    CHECK(server.post("/v1/chat/completions", body)["choices"][0]["finish_reason"] == "stop");
}

TEST_CASE("whole numbers may be written with a point") {
    Server server;
    Json body = question();
    body.update({{"max_tokens", 4.0}, {"seed", 1.0}, {"n", 1.0}, {"top_k", 40.0}});
    CHECK(server.post("/v1/chat/completions", body)["usage"]["completion_tokens"] == 4);
    CHECK(server.post("/detokenize", {{"tokens", {104.0, 105.0}}})["content"] == "hi");
    for (const double wrong : {0.5, 1e300, -0.5, 9007199254740994.0}) {
        body["seed"] = wrong;
        CHECK(server.refusal("/v1/chat/completions", body)["param"] == "seed");
        server.refusal("/detokenize", {{"tokens", {wrong}}});
    }
}

TEST_CASE("tools that may not be called, and an assistant that said nothing, change nothing") {
    Server server;
    const auto text = [&](const Json& body) {
        return server.post("/v1/chat/completions", body)["choices"][0]["message"]["content"];
    };
    const Json tools = {{{"type", "function"}, {"function", {{"name", "f"}}}}};
    Json body = question();
    const Json expected = text(body);
    body.update({{"tools", tools}, {"tool_choice", "none"}, {"functions", tools}, {"function_call", "none"}});
    CHECK(text(body) == expected);
    for (const Json& choice : {Json("auto"), Json("required"), Json(), tools[0]}) {
        body["tool_choice"] = choice;
        CHECK(server.refusal("/v1/chat/completions", body)["param"] == "tools");
    }
    body["tools"] = Json::array();
    body["tool_choice"] = "auto";
    CHECK(text(body) == expected);
    body["tool_choice"] = "required";
    CHECK(server.refusal("/v1/chat/completions", body)["param"] == "tool_choice");

    const Json user = {{"role", "user"}, {"content", "Hi"}};
    const auto after = [&](const Json& silent) {
        return text({{"messages", {user, silent, user}}, {"temperature", 0}});
    };
    const Json empty = after({{"role", "assistant"}, {"content", ""}});
    CHECK(after({{"role", "assistant"}, {"content", nullptr}}) == empty);
    CHECK(after({{"role", "assistant"}}) == empty);
}

TEST_CASE("a key opens what needs one") {
    Server server(shipped_model, {.keys = {"secret", "other"}});
    CHECK(server.ask("GET", "/health").status == 200);
    CHECK(server.ask("GET", "/v1/models", "", "bearer other").status == 200);
    for (const char* wrong : {"", "Bearer ", "Bearer secre", "Bearer secret2", "secret", "Basic secret"})
        CHECK(server.ask("GET", "/v1/models", "", wrong).status == 401);
    CHECK(server.ask("GET", "/v1/models").headers == HttpHeaders{{"WWW-Authenticate", "Bearer"}});
    CHECK(server.ask("GET", "/v1/models", "", "Bearer secret").status == 200);
    CHECK(server.ask("GET", "/v1/models", "", "Bearer other").status == 200);
    CHECK(server.ask("POST", "/v1/chat/completions", question().dump()).status == 401);
}

TEST_CASE("what the server tells of itself") {
    Server server;
    CHECK(server.ask("GET", "/health").body == R"({"status":"ok"})");
    CHECK(Json::parse(server.ask("GET", "/v1/models").body)["data"][0]["id"] == "small");
    CHECK(Json::parse(server.ask("GET", "/props").body)["total_slots"] == 4);
    CHECK(Json::parse(server.ask("GET", "/slots").body).size() == 4);
    server.post("/v1/chat/completions", question());
    const std::string metrics = server.ask("GET", "/metrics").body;
    CHECK_THAT(metrics, ContainsSubstring("\nbitnet_texts_total{reason=\"stop\"} 1\n"));
    CHECK_THAT(metrics, ContainsSubstring("# TYPE bitnet_generated_tokens_total counter"));
    server.api.drain();
    CHECK(server.ask("GET", "/health").status == 503);
    CHECK(server.refusal("/v1/chat/completions", question(), 503)["type"] == "overloaded_error");
}

TEST_CASE("a model without a chat template says so") {
    const Model model = load_model(tiny_model, {.threads = 1});
    const RequestContext context{.model = model, .no_chat = "no template"};
    try {
        read_chat_request(question(), context);
        FAIL("it was read");
    } catch (const ApiError& error) {
        CHECK(error.code() == "no_chat_template");
        CHECK(error.what() == std::string("no template"));
    }
    CHECK(read_completion_request({{"prompt", "a"}}, context).prompts.size() == 1);
}

}  // namespace
