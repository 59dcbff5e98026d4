#include "access_log.hpp"

#include <cstdio>
#include <ctime>

#include <program/io/file_error.hpp>
#include "json_fields.hpp"

namespace bitnet::serve {
namespace {

/// In UTC, as RFC 3339 writes it.
std::string now() {
    const std::time_t seconds = std::time(nullptr);
    std::tm utc{};
    ::gmtime_r(&seconds, &utc);
    char text[32];
    return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc)};
}

std::string rounded(double seconds) {
    char text[32];
    return {text, static_cast<std::size_t>(std::snprintf(text, sizeof text, "%.3f", seconds))};
}

std::string as_json(const LogEntry& e, bool body) {
    Json line = {{"time", now()}, {"remote", e.remote}, {"method", e.method}, {"path", e.path}, {"status", e.status}};
    line["seconds"] = e.seconds;
    if (!e.id.empty()) {
        line.update({{"id", e.id},
                     {"finish_reason", e.reason},
                     {"prompt_tokens", e.prompt_tokens},
                     {"cached_tokens", e.cached_tokens},
                     {"completion_tokens", e.generated_tokens},
                     {"queue_seconds", e.queue_seconds}});
    }
    if (body) line["body"] = e.body;
    return dumped(line);
}

/// What a client wrote is in quotes, so that it can't break the line.
std::string as_text(const LogEntry& e, bool body) {
    using program::joined;
    std::string line = joined(now(), " ", e.remote, " ", program::in_quotes(joined(e.method, " ", e.path)), " ",
                              e.status, " ", rounded(e.seconds), " s");
    if (!e.id.empty()) {
        line += joined(" ", e.id, " ", e.reason, ", prompt ", e.prompt_tokens, " (", e.cached_tokens, " cached), text ",
                       e.generated_tokens, ", queue ", rounded(e.queue_seconds), " s");
    }
    if (body) line += " " + Json(e.body).dump(-1, ' ', true, Json::error_handler_t::replace);
    return line;
}

}  // namespace

void AccessLog::write(const LogEntry& entry) const {
    if (!wanted_) return;
    const std::string line = (json_ ? as_json(entry, bodies_) : as_text(entry, bodies_)) + "\n";
    std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace bitnet::serve
