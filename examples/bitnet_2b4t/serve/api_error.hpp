#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include "job.hpp"

namespace bitnet::serve {

/// A request that gets an error object of OpenAI's shape.
class ApiError : public std::runtime_error {
 public:
    /// `field` is the member of the request that is wrong, `code` a word for programs; either may be empty.
    explicit ApiError(const std::string& message, std::string field = {}, int status = 400, std::string code = {})
        : std::runtime_error(message), field_(std::move(field)), status_(status), code_(std::move(code)) {}

    const std::string& field() const { return field_; }
    int status() const { return status_; }
    const std::string& code() const { return code_; }
    /// OpenAI's word for a status.
    const char* type() const;
    /// {"error": {"message", "type", "param", "code"}}
    std::string json() const;

 private:
    std::string field_;
    int status_;
    std::string code_;
};

/// What is said of a sequence that ended without the text or the vector that it was to give.
ApiError error_of(const Outcome& outcome);
/// The status that is logged for it: 499, as servers log that a client has closed its connection, where it was
/// cancelled.
int logged_status(const Outcome& outcome);

}  // namespace bitnet::serve
