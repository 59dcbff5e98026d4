#pragma once

#include <memory>
#include <string>
#include <vector>

#include "access_log.hpp"
#include "api_request.hpp"
#include "http_server.hpp"

namespace bitnet::serve {

/// The answer to a request for vectors, sent when all are there.
class EmbeddingReply : public std::enable_shared_from_this<EmbeddingReply> {
 public:
    EmbeddingReply(std::string name, EmbeddingRequest request, std::shared_ptr<Responder> responder, Answered finished);

    /// One for each input.
    std::vector<Job> jobs(Clock::time_point deadline);

 private:
    void end(std::size_t index, const Outcome& outcome);
    std::string body() const;

    std::string name_, id_ = "embd";
    EmbeddingRequest request_;
    std::shared_ptr<Responder> responder_;
    Answered finished_;
    std::vector<Outcome> outcomes_;
    std::size_t left_;
};

}  // namespace bitnet::serve
