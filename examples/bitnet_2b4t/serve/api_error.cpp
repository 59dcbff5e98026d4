#include "api_error.hpp"

#include "json_fields.hpp"

namespace bitnet::serve {

const char* ApiError::type() const {
    switch (status_) {
        case 401:
            return "authentication_error";
        case 404:
        case 400:
        case 405:
        case 413:
        case 431:
            return "invalid_request_error";
        case 408:
        case 504:
            return "timeout_error";
        case 429:
            return "rate_limit_error";
        case 503:
            return "overloaded_error";
        default:
            return "server_error";
    }
}

std::string ApiError::json() const {
    const auto text_or_null = [](const std::string& text) { return text.empty() ? Json() : Json(text); };
    const Json error = {
        {"message", what()}, {"type", type()}, {"param", text_or_null(field_)}, {"code", text_or_null(code_)}};
    return dumped(Json{{"error", error}});
}

ApiError error_of(const Outcome& outcome) {
    if (outcome.reason == FinishReason::timed_out) return ApiError("the request took too long", "", 504, "timeout");
    if (outcome.reason == FinishReason::cancelled) return ApiError("the request was cancelled", "", 503, "cancelled");
    if (outcome.reason == FinishReason::refused) return ApiError(outcome.problem, "response_format");
    return ApiError("the request failed: " + outcome.problem, "", 500);
}

int logged_status(const Outcome& outcome) {
    return outcome.reason == FinishReason::cancelled ? 499 : error_of(outcome).status();
}

}  // namespace bitnet::serve
