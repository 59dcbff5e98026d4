#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "http_server.hpp"

namespace bitnet::serve {

/// An answer on its way from the handler's threads to its connection.
class HttpExchange : public Responder {
 public:
    /// `wake` is called when there is something to write.
    explicit HttpExchange(std::function<void()> wake) : wake_(std::move(wake)) {}

    void send(HttpReply reply) override {
        change([&] { whole_ = std::move(reply); });
    }
    void begin(HttpReply head) override {
        change([&] { head_ = std::move(head); });
    }
    void write(std::string part) override {
        change([&] { parts_ += part; });
    }
    void end() override {
        change([&] { ended_ = true; });
    }
    void on_gone(std::function<void()> callback) override {
        {
            const std::lock_guard lock(mutex_);
            if (!gone_) {
                on_gone_ = std::move(callback);
                return;
            }
        }
        callback();
    }

    /// What is to be written next; each comes once.
    struct Next {
        std::optional<HttpReply> whole = {}, head = {};
        std::string part = {};
        bool ended = false;
    };
    Next next() {
        const std::lock_guard lock(mutex_);
        if (whole_) return {.whole = std::exchange(whole_, {})};
        if (head_) return {.head = std::exchange(head_, {})};
        return {.part = std::exchange(parts_, {}), .ended = ended_};
    }
    /// The client has gone.
    void lose() {
        std::function<void()> callback;
        {
            const std::lock_guard lock(mutex_);
            gone_ = true;
            callback = std::exchange(on_gone_, {});
            wake_ = {};
        }
        if (callback) callback();
    }
    /// All of it is written.
    void complete() {
        const std::lock_guard lock(mutex_);
        on_gone_ = wake_ = {};
    }

 private:
    template <class Change>
    void change(Change make) {
        const std::lock_guard lock(mutex_);
        if (gone_) return;
        make();
        if (wake_) wake_();
    }

    std::mutex mutex_;
    std::function<void()> wake_, on_gone_;
    std::optional<HttpReply> whole_, head_;
    std::string parts_;
    bool ended_ = false, gone_ = false;
};

}  // namespace bitnet::serve
