#include "embedding_reply.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <utility>

#include "api_error.hpp"

namespace bitnet::serve {
namespace {

/// RFC 4648.
std::string base64(std::string_view bytes) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t group = 0;
        for (std::size_t j = 0; j < 3; ++j)
            group = group << 8 | (j < count ? static_cast<unsigned char>(bytes[i + j]) : 0U);
        for (std::size_t j = 0; j < 4; ++j)
            text += j <= count ? digits[group >> (18 - 6 * j) & 63] : '=';
    }
    return text;
}

/// Little-endian floats.
std::string bytes_of(const std::vector<float>& vector) {
    std::string bytes;
    for (const float x : vector) {
        const auto bits = std::bit_cast<std::uint32_t>(x);
        for (int shift = 0; shift < 32; shift += 8)
            bytes += static_cast<char>(bits >> shift & 255);
    }
    return bytes;
}

}  // namespace

EmbeddingReply::EmbeddingReply(std::string name, EmbeddingRequest request, std::shared_ptr<Responder> responder,
                               Answered finished)
    : name_(std::move(name)),
      request_(std::move(request)),
      responder_(std::move(responder)),
      finished_(std::move(finished)),
      outcomes_(request_.inputs.size()),
      left_(outcomes_.size()) {}

std::vector<Job> EmbeddingReply::jobs(Clock::time_point deadline) {
    std::vector<Job> jobs;
    for (std::size_t i = 0; i < outcomes_.size(); ++i) {
        Job& job = jobs.emplace_back();
        job.prompt = request_.inputs[i];
        job.embed = true;
        job.deadline = deadline;
        job.on_end = [self = shared_from_this(), i](const Outcome& outcome) { self->end(i, outcome); };
    }
    return jobs;
}

void EmbeddingReply::end(std::size_t index, const Outcome& outcome) {
    outcomes_[index] = outcome;
    if (--left_ > 0) return;
    LogEntry entry{.id = id_};
    for (const Outcome& one : outcomes_) {
        entry.prompt_tokens += one.prompt_tokens;
        entry.cached_tokens += one.cached_tokens;
        entry.queue_seconds = std::max(entry.queue_seconds, one.queue_seconds);
    }
    const auto bad = [](const Outcome& one) { return one.embedding.empty(); };
    const auto failed = std::ranges::find_if(outcomes_, bad);
    entry.reason = name_of(failed == outcomes_.end() ? FinishReason::stop : failed->reason);
    if (failed == outcomes_.end()) {
        responder_->send({.body = body()});
    } else {
        const ApiError error = error_of(*failed);
        responder_->send({.status = error.status(), .body = error.json()});
        entry.status = logged_status(*failed);
    }
    finished_(std::move(entry));
}

std::string EmbeddingReply::body() const {
    Json data = Json::array();
    std::size_t tokens = 0;
    for (const Outcome& one : outcomes_) {
        tokens += one.prompt_tokens;
        Json vector = request_.base64 ? Json(base64(bytes_of(one.embedding))) : Json(one.embedding);
        data.push_back({{"object", "embedding"}, {"index", data.size()}, {"embedding", std::move(vector)}});
    }
    return dumped({{"object", "list"},
                   {"data", std::move(data)},
                   {"model", name_},
                   {"usage", {{"prompt_tokens", tokens}, {"total_tokens", tokens}}}});
}

}  // namespace bitnet::serve
