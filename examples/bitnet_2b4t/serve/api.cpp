#include "api.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <filesystem>
#include <utility>

#include <program/io/file_error.hpp>
#include "api_call.hpp"
#include "api_error.hpp"
#include "embedding_reply.hpp"
#include "generation_reply.hpp"
#include "metrics.hpp"
#include "page_files.hpp"
#include "text_stream.hpp"

namespace bitnet::serve {

using program::joined;
namespace {

/// Takes as long for any two of the same length.
bool same_secret(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    unsigned difference = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
    return difference == 0;
}

/// Files of the page are those in the program: no path leads anywhere else.
const PageFile* page_file(std::string_view path) {
    const auto found = std::ranges::find(page_files(), path, &PageFile::path);
    return found == page_files().end() ? nullptr : &*found;
}

[[noreturn]] void refuse_path(const std::string& path) {
    const char* hint = path.starts_with("/v1/") ? "" : "; OpenAI's endpoints begin with /v1/";
    throw ApiError(joined("there is no such page or endpoint: ", program::in_quotes(path), hint), "", 404, "not_found");
}

}  // namespace

std::string model_id(const std::string& path) {
    std::filesystem::path whole = std::filesystem::absolute(path).lexically_normal();
    if (!whole.has_filename()) whole = whole.parent_path();
    return (whole.extension() == ".gguf" ? whole.stem() : whole.filename()).string();
}

Api::Api(const Model& model, Scheduler& scheduler, ApiOptions options)
    : model_(model),
      scheduler_(scheduler),
      options_(std::move(options)),
      log_(options_.log, options_.log_json, options_.log_bodies),
      name_(model_id(model.name())),
      context_{.model = model_, .sampling = options_.sampling},
      started_(std::time(nullptr)) {
    try {
        chat_.emplace(model_.tokenizer(), options_.chat_template);
        context_.chat = &*chat_;
    } catch (const NoChatTemplate& error) {
        context_.no_chat = error.what();
    }
}

void Api::handle(HttpRequest request, std::shared_ptr<Responder> responder) {
    Call call{std::move(request), std::move(responder)};
    const auto refuse = [&](const ApiError& error) {
        HttpReply reply{.status = error.status(), .body = error.json(), .headers = call.headers};
        if (error.status() == 429 || error.status() == 503) {
            reply.headers.emplace_back("Retry-After", std::to_string(retry_seconds(scheduler_.status())));
        }
        if (error.status() == 401) reply.headers.emplace_back("WWW-Authenticate", "Bearer");
        call.send(std::move(reply));
    };
    try {
        answer(call);
    } catch (const ApiError& error) {
        refuse(error);
    } catch (const std::exception& error) {
        refuse(ApiError(error.what(), "", 500));
    }
    if (call.status == 0) return;  // it will be, and is logged then
    const HttpRequest& r = call.request;
    log_.write({.remote = r.remote,
                .method = r.method,
                .path = r.path,
                .status = call.status,
                .seconds = std::chrono::duration<double>(Clock::now() - call.begin).count(),
                .body = log_.bodies() ? r.body : ""});
}

/// Finds the endpoint. What needs no key says nothing that is worth one.
void Api::answer(Call& call) {
    struct Route {
        std::string_view method, path;
        Endpoint endpoint;
        bool open = false;
    };
    static constexpr std::array routes = {
        Route{"GET", "/health", &Api::health, true},
        Route{"GET", "/v1/health", &Api::health, true},
        Route{"GET", "/v1/models", &Api::models},
        Route{"GET", "/props", &Api::props},
        Route{"GET", "/slots", &Api::slots},
        Route{"GET", "/metrics", &Api::metrics},
        Route{"POST", "/tokenize", &Api::tokenize},
        Route{"POST", "/detokenize", &Api::detokenize},
        Route{"POST", "/v1/chat/completions", &Api::chat},
        Route{"POST", "/v1/completions", &Api::complete},
        Route{"POST", "/v1/embeddings", &Api::embed},
    };
    const HttpRequest& request = call.request;
    if (request.problem) throw *request.problem;
    if (request.method == "OPTIONS") return call.send(HttpReply{.status = 204, .type = ""});
    for (const Route& route : routes) {
        if (route.path != request.path) continue;
        require_method(call, route.method);
        if (!route.open) check_key(request);
        return (this->*route.endpoint)(call);
    }
    const bool of_model = request.path.starts_with("/v1/models/");
    const PageFile* file = page_file(request.path);
    if (!of_model && file == nullptr) refuse_path(request.path);
    require_method(call, "GET");
    if (!of_model) return page(call, *file);
    check_key(request);
    this->model(call);
}

void Api::require_method(Call& call, std::string_view method) {
    const std::string& found = call.request.method;
    if (found == method || (method == "GET" && found == "HEAD")) return;
    call.headers = {{"Allow", method == "GET" ? "GET, HEAD" : std::string(method)}};
    throw ApiError(joined("expected ", method, " for ", call.request.path, ", found ", program::in_quotes(found)), "",
                   405);
}

void Api::check_key(const HttpRequest& request) const {
    if (options_.keys.empty()) return;
    constexpr std::string_view scheme = "bearer ";
    const std::string_view given = request.authorization;
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    const bool bearer = std::ranges::equal(given.substr(0, scheme.size()), scheme, {}, lower);
    bool good = false;
    for (const std::string& key : options_.keys)
        good |= bearer && same_secret(given.substr(scheme.size()), key);
    if (!good) throw ApiError("expected a valid API key as bearer token, found none", "", 401, "invalid_api_key");
}

void Api::tokenize(Call& call) {
    const Json body = read_body(call.request.body);
    const JsonFields fields(body);
    if (!fields.has("content")) JsonFields::refuse("content", "a text", Json());
    const std::string text = fields.text("content", "");
    const Tokenizer& tokenizer = model_.tokenizer();
    const bool special = fields.flag("parse_special", false);
    const std::vector<int> ids = [&] {
        try {
            return fields.flag("add_special", false) ? tokenizer.encode_with_bos(text, special)
                                                     : tokenizer.encode(text, special);
        } catch (const UnsupportedText& error) {
            throw ApiError(error.what(), "content");
        }
    }();
    if (!fields.flag("with_pieces", false)) return call.send(Json{{"tokens", ids}});
    Json list = Json::array();
    for (const int id : ids)
        list.push_back({{"id", id}, {"piece", valid_utf8(tokenizer.piece(id))}});
    call.send(Json{{"tokens", std::move(list)}});
}

void Api::detokenize(Call& call) {
    const Json body = read_body(call.request.body);
    const std::vector<int> ids = read_tokens(JsonFields(body)["tokens"], "tokens", model_);
    const auto pieces = static_cast<int>(model_.tokenizer().size());
    if (std::ranges::any_of(ids, [&](int id) { return id >= pieces; }))
        throw ApiError(joined("'tokens': expected ids that have a text, below ", pieces), "tokens");
    call.send(Json{{"content", valid_utf8(model_.tokenizer().decode(ids))}});
}

void Api::chat(Call& call) {
    generate(call, read_chat_request(read_body(call.request.body), context_));
}

void Api::complete(Call& call) {
    generate(call, read_completion_request(read_body(call.request.body), context_));
}

Clock::time_point Api::deadline() const {
    if (options_.timeout_seconds == 0) return Clock::time_point::max();
    return Clock::now() + std::chrono::seconds(options_.timeout_seconds);
}

/// Logs what was answered with what is known of the request.
Answered Api::logger(const Call& call) {
    const HttpRequest& r = call.request;
    return [this, remote = r.remote, method = r.method, path = r.path, body = log_.bodies() ? r.body : "",
            begin = call.begin](LogEntry entry) {
        entry.remote = remote;
        entry.method = method;
        entry.path = path;
        entry.body = body;
        entry.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
        log_.write(entry);
    };
}

void Api::generate(Call& call, TextRequest request) {
    check_count(request.prompts.size() * request.choices, request.choices > 1 ? "n" : "prompt");
    const auto reply =
        std::make_shared<GenerationReply>(model_, name_, std::move(request), call.responder, logger(call));
    submit(call, reply->jobs(deadline()));
}

void Api::embed(Call& call) {
    if (!model_.has_pooling() && options_.pooling.empty()) {
        throw ApiError(
            "expected a model that is made for vectors (with serve --pooling last, any other gives its last "
            "token's state), found one that doesn't say how they are pooled",
            "model", 400, "no_pooling");
    }
    EmbeddingRequest request = read_embedding_request(read_body(call.request.body), context_);
    check_count(request.inputs.size(), "input");
    const auto reply = std::make_shared<EmbeddingReply>(name_, std::move(request), call.responder, logger(call));
    submit(call, reply->jobs(deadline()));
}

/// Before jobs are made. `field` of the request is what its number of texts comes from.
void Api::check_count(std::size_t count, const char* field) const {
    const std::size_t most = scheduler_.options().slots + scheduler_.options().queue;
    if (count > most)
        throw ApiError(joined("expected a request for at most ", most, " texts at once, found ", count), field);
}

void Api::submit(Call& call, std::vector<Job> jobs) {
    if (draining_) throw ApiError("the server is about to end", "", 503);
    const std::optional<CancelFlag> flag = scheduler_.submit(std::move(jobs));
    if (!flag) throw ApiError("too many requests wait already; try again later", "", 429, "queue_full");
    call.responder->on_gone([cancelled = *flag] { cancelled->store(true, std::memory_order_relaxed); });
}

void Api::page(Call& call, const PageFile& file) {
    call.send(HttpReply{.type = std::string(file.type),
                        .body = std::string(file.content),
                        .headers = {{"Cache-Control", "no-cache"},
                                    {"Content-Security-Policy",
                                     "default-src 'none'; script-src 'self'; style-src 'self'; "
                                     "connect-src 'self'; img-src data:; frame-ancestors 'none'"},
                                    {"X-Content-Type-Options", "nosniff"}}});
}

}  // namespace bitnet::serve
