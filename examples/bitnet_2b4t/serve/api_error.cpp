#include "api_error.hpp"

#include <nlohmann/json.hpp>

namespace bitnet::serve {

using Json = nlohmann::ordered_json;

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
    return Json{{"error", error}}.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace bitnet::serve
