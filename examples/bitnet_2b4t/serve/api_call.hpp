#pragma once

#include <memory>
#include <utility>

#include "api.hpp"
#include "json_fields.hpp"

namespace bitnet::serve {

/// One request on its way.
struct Api::Call {
    HttpRequest request;
    std::shared_ptr<Responder> responder;
    Clock::time_point begin = Clock::now();
    int status = 0;            // 0: not answered yet
    HttpHeaders headers = {};  // of a refusal

    void send(HttpReply reply) {
        status = reply.status;
        responder->send(std::move(reply));
    }
    void send(const Json& json) { send(HttpReply{.body = dumped(json)}); }
};

}  // namespace bitnet::serve
