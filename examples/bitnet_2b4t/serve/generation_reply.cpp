#include "generation_reply.hpp"

#include <algorithm>
#include <ctime>
#include <random>
#include <utility>

#include "api_error.hpp"
#include "text_stream.hpp"

namespace bitnet::serve {
namespace {

std::string random_id(const char* prefix) {
    std::random_device random;
    std::string id = prefix;
    for (int i = 0; i < 24; ++i)
        id += "0123456789abcdef"[random() % 16];
    return id;
}

Json bytes_of(std::string_view text) {
    Json bytes = Json::array();
    for (const char c : text)
        bytes.push_back(static_cast<unsigned char>(c));
    return bytes;
}

}  // namespace

GenerationReply::GenerationReply(Model model, std::string name, TextRequest request,
                                 std::shared_ptr<Responder> responder, Answered finished)
    : model_(std::move(model)),
      name_(std::move(name)),
      id_(random_id(request.chat ? "chatcmpl-" : "cmpl-")),
      created_(std::time(nullptr)),
      request_(std::move(request)),
      responder_(std::move(responder)),
      finished_(std::move(finished)),
      choices_(request_.prompts.size() * request_.choices),
      left_(choices_.size()) {}

std::vector<Job> GenerationReply::jobs(Clock::time_point deadline) {
    std::vector<Job> jobs;
    for (std::size_t i = 0; i < choices_.size(); ++i) {
        Job& job = jobs.emplace_back();
        job.prompt = request_.prompts[i / request_.choices];
        job.choice = request_.choice;
        job.choice.sampling.seed += i % request_.choices;  // texts that are to differ
        job.limit = request_.limit;
        job.stops = request_.stops;
        job.deadline = deadline;
        job.on_piece = [self = shared_from_this(), i](Piece piece) { self->take(i, std::move(piece)); };
        job.on_end = [self = shared_from_this(), i](const Outcome& outcome) { self->end(i, outcome); };
    }
    return jobs;
}

void GenerationReply::take(std::size_t index, Piece piece) {
    Choice& choice = choices_[index];
    if (!request_.stream) {
        choice.text += piece.text;
        choice.tokens.insert(choice.tokens.end(), piece.tokens.begin(), piece.tokens.end());
        return;
    }
    if (answered_) return;
    begin_stream();
    Json scored = request_.choice.scores ? scores(piece.tokens, choice.sent_bytes) : Json();
    choice.sent_bytes += piece.text.size();
    Json delta = request_.chat ? Json{{"content", std::move(piece.text)}} : Json(std::move(piece.text));
    send_event(chunk(index, std::move(delta), nullptr, std::move(scored)));
}

void GenerationReply::end(std::size_t index, const Outcome& outcome) {
    choices_[index].outcome = outcome;
    --left_;
    const bool good = outcome.reason == FinishReason::stop || outcome.reason == FinishReason::length;
    if (!answered_ && !good) fail(outcome);
    if (!answered_ && request_.stream) {
        begin_stream();
        send_event(chunk(index, request_.chat ? Json::object() : Json(""), name_of(outcome.reason), nullptr));
    }
    if (left_ > 0) return;
    if (!answered_) request_.stream ? finish_stream() : finish_whole();
    responder_.reset();
}

/// The first event of a chat says whose message follows.
void GenerationReply::begin_stream() {
    if (std::exchange(begun_, true)) return;
    responder_->begin({.type = "text/event-stream", .headers = {{"Cache-Control", "no-cache"}}});
    for (std::size_t i = 0; request_.chat && i < choices_.size(); ++i)
        send_event(chunk(i, {{"role", "assistant"}, {"content", ""}}, nullptr, nullptr));
}

void GenerationReply::send_event(const Json& event) {
    responder_->write("data: " + dumped(event) + "\n\n");
}

void GenerationReply::finish_stream() {
    answered_ = true;
    Json last = object(request_.chat ? "chat.completion.chunk" : "text_completion", Json::array());
    if (request_.include_usage) {
        last["usage"] = usage();
        last["timings"] = timings();
        send_event(last);
    }
    responder_->write("data: [DONE]\n\n");
    responder_->end();
    log(200, choices_[0].outcome.reason);
}

void GenerationReply::finish_whole() {
    answered_ = true;
    Json list = Json::array();
    for (std::size_t i = 0; i < choices_.size(); ++i) {
        Choice& c = choices_[i];
        Json choice = {{"index", i}};
        if (request_.chat) {
            choice["message"] = {{"role", "assistant"}, {"content", c.text}, {"refusal", nullptr}};
        } else {
            choice["text"] = c.text;
        }
        choice["logprobs"] = request_.choice.scores ? scores(c.tokens, 0) : Json();
        choice["finish_reason"] = name_of(c.outcome.reason);
        list.push_back(std::move(choice));
    }
    Json whole = object(request_.chat ? "chat.completion" : "text_completion", std::move(list));
    whole["usage"] = usage();
    whole["timings"] = timings();
    responder_->send({.body = dumped(whole)});
    log(200, choices_[0].outcome.reason);
}

/// In a stream that has begun, an error is an event, and the stream ends without [DONE].
void GenerationReply::fail(const Outcome& outcome) {
    answered_ = true;
    const ApiError error = error_of(outcome);
    if (begun_) {
        responder_->write("data: " + error.json() + "\n\n");
        responder_->end();
    } else {
        responder_->send({.status = error.status(), .body = error.json()});
    }
    log(logged_status(outcome), outcome.reason);
}

void GenerationReply::log(int status, FinishReason reason) {
    LogEntry entry{.id = id_, .status = status, .reason = name_of(reason)};
    for (const Choice& choice : choices_) {
        entry.prompt_tokens += choice.outcome.prompt_tokens;
        entry.cached_tokens += choice.outcome.cached_tokens;
        entry.generated_tokens += choice.outcome.generated_tokens;
        entry.queue_seconds = std::max(entry.queue_seconds, choice.outcome.queue_seconds);
    }
    finished_(entry);
}

Json GenerationReply::object(const char* kind, Json choices) const {
    return {{"id", id_}, {"object", kind}, {"created", created_}, {"model", name_}, {"choices", std::move(choices)}};
}

Json GenerationReply::chunk(std::size_t index, Json delta, Json finish_reason, Json scored) const {
    const Json choice = {{"index", index},
                         {request_.chat ? "delta" : "text", std::move(delta)},
                         {"logprobs", std::move(scored)},
                         {"finish_reason", std::move(finish_reason)}};
    Json event = object(request_.chat ? "chat.completion.chunk" : "text_completion", Json::array({choice}));
    if (request_.include_usage) event["usage"] = nullptr;  // the last event has it
    return event;
}

std::string GenerationReply::text_of(int token) const {
    const Tokenizer& tokenizer = model_.tokenizer();
    return token >= 0 && static_cast<std::size_t>(token) < tokenizer.size() ? std::string(tokenizer.piece(token)) : "";
}

Json GenerationReply::scores(std::span<const ChosenToken> tokens, std::size_t offset) const {
    const auto scored = [&](const ScoredToken& t) {
        const std::string text = text_of(t.id);
        return Json{{"token", valid_utf8(text)}, {"logprob", t.log_probability}, {"bytes", bytes_of(text)}};
    };
    Json content = Json::array();
    Json flat = {{"tokens", Json::array()},
                 {"token_logprobs", Json::array()},
                 {"top_logprobs", Json::array()},
                 {"text_offset", Json::array()}};
    for (const ChosenToken& token : tokens) {
        const std::string text = text_of(token.id);
        Json one = scored(token), likeliest = Json::array(), by_text = Json::object();
        for (const ScoredToken& other : token.likeliest) {
            likeliest.push_back(scored(other));
            by_text[valid_utf8(text_of(other.id))] = other.log_probability;
        }
        one["top_logprobs"] = std::move(likeliest);
        content.push_back(std::move(one));
        flat["tokens"].push_back(valid_utf8(text));
        flat["token_logprobs"].push_back(token.log_probability);
        flat["top_logprobs"].push_back(std::move(by_text));
        flat["text_offset"].push_back(offset);
        offset += text.size();
    }
    return request_.chat ? Json{{"content", std::move(content)}, {"refusal", nullptr}} : flat;
}

/// A prompt counts once, however many texts it gets.
Json GenerationReply::usage() const {
    std::size_t prompt = 0, cached = 0, generated = 0;
    for (std::size_t i = 0; i < choices_.size(); ++i) {
        const Outcome& outcome = choices_[i].outcome;
        generated += outcome.generated_tokens;
        if (i % request_.choices != 0) continue;
        prompt += outcome.prompt_tokens;
        cached += outcome.cached_tokens;
    }
    return {{"prompt_tokens", prompt},
            {"completion_tokens", generated},
            {"total_tokens", prompt + generated},
            {"prompt_tokens_details", {{"cached_tokens", cached}}}};
}

/// Of the first text: what llama.cpp's server says, in its names.
Json GenerationReply::timings() const {
    const Outcome& outcome = choices_[0].outcome;
    const auto rate = [](std::size_t tokens, double seconds) {
        return seconds > 0 ? static_cast<double>(tokens) / seconds : 0.0;
    };
    const std::size_t read = outcome.prompt_tokens - outcome.cached_tokens;
    return {{"cache_n", outcome.cached_tokens},
            {"prompt_n", read},
            {"prompt_ms", outcome.prompt_seconds * 1e3},
            {"prompt_per_second", rate(read, outcome.prompt_seconds)},
            {"predicted_n", outcome.generated_tokens},
            {"predicted_ms", outcome.generation_seconds * 1e3},
            {"predicted_per_second", rate(outcome.generated_tokens, outcome.generation_seconds)}};
}

}  // namespace bitnet::serve
