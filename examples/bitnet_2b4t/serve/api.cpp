#include "api.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <ctime>
#include <filesystem>
#include <utility>

#include <program/io/file_error.hpp>
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

}  // namespace

/// One request on its way.
struct Api::Call {
    HttpRequest request;
    std::shared_ptr<Responder> responder;
    Clock::time_point begin = Clock::now();
    bool answered = false;

    void send(HttpReply reply) {
        answered = true;
        responder->send(std::move(reply));
    }
    void send(const Json& json) { send(HttpReply{.body = dumped(json)}); }
};

Api::Api(const Model& model, Scheduler& scheduler, ApiOptions options)
    : model_(model),
      scheduler_(scheduler),
      options_(std::move(options)),
      log_(options_.log, options_.log_json, options_.log_bodies),
      name_(std::filesystem::path(model.name()).stem().string()),
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
    int status = 200;
    const auto refuse = [&](const ApiError& error) {
        status = error.status();
        HttpReply reply{.status = error.status(), .body = error.json()};
        if (error.status() == 429 || error.status() == 503) {
            reply.headers.emplace_back("Retry-After", std::to_string(retry_seconds(scheduler_.status())));
        }
        call.send(std::move(reply));
    };
    try {
        answer(call);
    } catch (const ApiError& error) {
        refuse(error);
    } catch (const std::exception& error) {
        refuse(ApiError(error.what(), "", 500));
    }
    if (!call.answered) return;  // it will be, and is logged then
    const HttpRequest& r = call.request;
    log_.write({.remote = r.remote,
                .method = r.method,
                .path = r.path,
                .status = status,
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
    const std::string method = request.method == "HEAD" ? "GET" : request.method;
    if (method == "OPTIONS") return call.send(HttpReply{.status = 204, .type = "text/plain"});
    for (const Route& route : routes) {
        if (route.path != request.path) continue;
        if (route.method != method)
            throw ApiError(
                joined("expected ", route.method, " for ", route.path, ", found ", program::in_quotes(method)), "",
                405);
        if (!route.open) check_key(request);
        return (this->*route.endpoint)(call);
    }
    if (method == "GET" && request.path.starts_with("/v1/models/")) return check_key(request), this->model(call);
    if (method == "GET") return page(call);
    throw ApiError("there is no such endpoint: " + program::in_quotes(request.path), "", 404, "not_found");
}

void Api::check_key(const HttpRequest& request) const {
    if (options_.keys.empty()) return;
    constexpr std::string_view scheme = "Bearer ";
    const std::string_view given = request.authorization;
    const bool bearer = given.starts_with(scheme);
    bool good = false;
    for (const std::string& key : options_.keys)
        good |= bearer && same_secret(given.substr(scheme.size()), key);
    if (!good) throw ApiError("expected a valid API key as bearer token, found none", "", 401, "invalid_api_key");
}

void Api::health(Call& call) {
    if (draining_) throw ApiError("the server is about to end", "", 503);
    call.send(Json{{"status", "ok"}});
}

Json Api::model_object() const {
    return {{"id", name_},
            {"object", "model"},
            {"created", started_},
            {"owned_by", "ternion"},
            {"meta", {{"n_ctx", model_.context()}, {"n_vocab", model_.vocabulary_size()}}}};
}

void Api::models(Call& call) {
    call.send(Json{{"object", "list"}, {"data", Json::array({model_object()})}});
}

void Api::model(Call& call) {
    if (call.request.path != "/v1/models/" + name_)
        throw ApiError("there is no such model; this server has " + name_, "model", 404, "model_not_found");
    call.send(model_object());
}

void Api::props(Call& call) {
    const SamplingOptions& s = options_.sampling;
    call.send(Json{{"model", name_},
                   {"total_slots", scheduler_.options().slots},
                   {"n_ctx", model_.context()},
                   {"n_vocab", model_.vocabulary_size()},
                   {"chat_template", chat_ ? Json(chat_->name()) : Json()},
                   {"kv_type", kv_type_names[static_cast<std::size_t>(model_.options().kv_type)]},
                   {"isa", model_.options().isa},
                   {"threads", model_.options().threads},
                   {"default_generation_settings",
                    {{"temperature", s.temperature},
                     {"top_k", s.top_k},
                     {"top_p", s.top_p},
                     {"min_p", s.min_p},
                     {"repeat_penalty", s.repeat_penalty},
                     {"repeat_last_n", s.repeat_last_n}}}});
}

void Api::slots(Call& call) {
    constexpr const char* states[] = {"idle", "reading", "generating"};
    Json list = Json::array();
    for (const SlotStatus& slot : scheduler_.status().slots) {
        list.push_back({{"id", list.size()},
                        {"state", states[static_cast<std::size_t>(slot.state)]},
                        {"is_processing", slot.state != SlotStatus::State::idle},
                        {"n_ctx", model_.context()},
                        {"prompt_tokens", slot.prompt_tokens},
                        {"tokens", slot.tokens},
                        {"generated_tokens", slot.generated_tokens},
                        {"cache_bytes", slot.cache_bytes}});
    }
    call.send(list);
}

void Api::metrics(Call& call) {
    call.send(HttpReply{.type = "text/plain; version=0.0.4", .body = metrics_text(scheduler_.status())});
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
    const char* const field = request.choices > 1 ? "n" : "prompt";
    const auto reply =
        std::make_shared<GenerationReply>(model_, name_, std::move(request), call.responder, logger(call));
    submit(call, reply->jobs(deadline()), field);
}

void Api::embed(Call& call) {
    if (!model_.has_pooling() && options_.pooling.empty()) {
        throw ApiError(
            "expected a model that is made for vectors (with serve --pooling last, any other gives its last "
            "token's state), found one that doesn't say how they are pooled",
            "model", 400, "no_pooling");
    }
    EmbeddingRequest request = read_embedding_request(read_body(call.request.body), context_);
    const auto reply = std::make_shared<EmbeddingReply>(name_, std::move(request), call.responder, logger(call));
    submit(call, reply->jobs(deadline()), "input");
}

/// `field` of the request is what its number of texts comes from.
void Api::submit(Call& call, std::vector<Job> jobs, const char* field) {
    if (draining_) throw ApiError("the server is about to end", "", 503);
    const std::size_t most = scheduler_.options().slots + scheduler_.options().queue;
    if (jobs.size() > most)
        throw ApiError(joined("expected a request for at most ", most, " texts at once, found ", jobs.size()), field);
    const std::optional<CancelFlag> flag = scheduler_.submit(std::move(jobs));
    if (!flag) throw ApiError("too many requests wait already; try again later", "", 429, "queue_full");
    call.responder->on_gone([cancelled = *flag] { cancelled->store(true, std::memory_order_relaxed); });
}

/// Files of the page are those in the program: no path leads anywhere else.
void Api::page(Call& call) {
    for (const PageFile& file : page_files()) {
        if (file.path != call.request.path) continue;
        return call.send(HttpReply{.type = std::string(file.type),
                                   .body = std::string(file.content),
                                   .headers = {{"Cache-Control", "no-cache"},
                                               {"Content-Security-Policy",
                                                "default-src 'none'; script-src 'self'; style-src 'self'; "
                                                "connect-src 'self'; img-src data:; frame-ancestors 'none'"},
                                               {"X-Content-Type-Options", "nosniff"}}});
    }
    throw ApiError("there is no such page or endpoint: " + program::in_quotes(call.request.path), "", 404, "not_found");
}

}  // namespace bitnet::serve
