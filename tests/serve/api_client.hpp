#pragma once

#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "model_fixture.hpp"
#include "serve/api.hpp"

namespace serve_tests {

using namespace bitnet;
using namespace bitnet::serve;

/// A client without a network.
class Client : public Responder {
 public:
    void send(HttpReply whole) override {
        const std::lock_guard lock(mutex_);
        reply = std::move(whole);
        finish();
    }
    void begin(HttpReply head) override {
        const std::lock_guard lock(mutex_);
        reply = std::move(head);
    }
    void write(std::string part) override {
        const std::lock_guard lock(mutex_);
        reply.body += part;
    }
    void end() override {
        const std::lock_guard lock(mutex_);
        finish();
    }
    void on_gone(std::function<void()>) override {}

    void wait() {
        std::unique_lock lock(mutex_);
        REQUIRE(ended_.wait_for(lock, std::chrono::minutes(1), [&] { return done_; }));
    }

    HttpReply reply;

 private:
    void finish() {
        done_ = true;
        ended_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable ended_;
    bool done_ = false;
};

struct Server {
    explicit Server(const std::string& path = shipped_model, ApiOptions options = {})
        : model(load_model(path, {.threads = 1})),
          scheduler(std::make_unique<Scheduler>(model, SchedulerOptions{.slots = 4, .queue = 4})),
          api(model, *scheduler, quiet(std::move(options))) {}
    ~Server() { scheduler.reset(); }

    static ApiOptions quiet(ApiOptions options) {
        options.log = false;
        return options;
    }

    HttpReply ask(const std::string& method, const std::string& path, const std::string& body = "",
                  const std::string& authorization = "") {
        const auto client = std::make_shared<Client>();
        api.handle({.method = method, .path = path, .body = body, .remote = "test", .authorization = authorization},
                   client);
        client->wait();
        return client->reply;
    }
    Json post(const std::string& path, const Json& body, int status = 200) {
        const HttpReply reply = ask("POST", path, body.dump());
        INFO(reply.body);
        CHECK(reply.status == status);
        return Json::parse(reply.body);
    }
    /// The error object of what is refused.
    Json refusal(const std::string& path, const Json& body, int status = 400) {
        const Json error = post(path, body, status)["error"];
        for (const char* member : {"message", "type", "param", "code"})
            CHECK(error.contains(member));
        return error;
    }

    Model model;
    std::unique_ptr<Scheduler> scheduler;
    Api api;
};

inline Json question(const std::string& text = "What is 123 + 45?") {
    return {{"messages", {{{"role", "user"}, {"content", text}}}}, {"temperature", 0}};
}

/// The objects of a stream of events, which ends with [DONE].
inline std::vector<Json> events_of(const HttpReply& reply) {
    CHECK(reply.type == "text/event-stream");
    CHECK(reply.body.ends_with("\n\ndata: [DONE]\n\n"));
    std::vector<Json> events;
    for (std::size_t at = 0, end = 0; (end = reply.body.find("\n\n", at)) != std::string::npos; at = end + 2) {
        const std::string line = reply.body.substr(at, end - at);
        REQUIRE(line.starts_with("data: "));
        if (line != "data: [DONE]") events.push_back(Json::parse(line.substr(6)));
    }
    return events;
}

}  // namespace serve_tests
