#pragma once

#include <cstddef>
#include <functional>
#include <string>

namespace bitnet::serve {

/// What is said of a request when it has been answered.
struct LogEntry {
    std::string id = {}, remote = {}, method = {}, path = {};
    int status = 200;
    std::string reason = {};  // why the text ended; empty where there is none
    std::size_t prompt_tokens = 0, cached_tokens = 0, generated_tokens = 0;
    double seconds = 0, queue_seconds = 0;
    std::string body = {};  // of the request; only where prompts are to be logged
};

/// Told when an answer is complete.
using Answered = std::function<void(LogEntry)>;

/// One line on standard error for each request, as text or as a JSON object. From any thread.
class AccessLog {
 public:
    AccessLog(bool wanted, bool json, bool bodies) : wanted_(wanted), json_(json), bodies_(wanted && bodies) {}

    /// Whether the bodies of requests, prompts among them, are wanted.
    bool bodies() const { return bodies_; }
    void write(const LogEntry& entry) const;

 private:
    bool wanted_, json_, bodies_;
};

}  // namespace bitnet::serve
