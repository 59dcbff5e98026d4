#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api_error.hpp"

namespace bitnet::serve {

struct HttpRequest {
    std::string method, path, body;        // the path without what follows a '?', its %20 and such decoded
    std::string remote;                    // the client's address
    std::string authorization;             // headers
    std::optional<ApiError> problem = {};  // why it gets no other answer; the rest is what was read of it
};

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpReply {
    int status = 200;
    std::string type = "application/json";  // empty: there is no content
    std::string body = {};
    HttpHeaders headers = {};
};

/// Where the answer to one request goes: a whole one, or a stream's head, then its parts, then its end. From any
/// thread; nothing waits for the client. What is said to a client that has gone is dropped.
class Responder {
 public:
    virtual ~Responder() = default;
    virtual void send(HttpReply reply) = 0;
    virtual void begin(HttpReply head) = 0;
    virtual void write(std::string part) = 0;
    virtual void end() = 0;
    /// Called once, as soon as the client has gone before the answer's end; at once where it has.
    virtual void on_gone(std::function<void()> callback) = 0;
};

using HttpHandler = std::function<void(HttpRequest, std::shared_ptr<Responder>)>;

struct HttpOptions {
    std::string host = "127.0.0.1";
    std::uint16_t port = 8080;  // 0: any that is free
    std::size_t most_body_bytes = std::size_t{4} << 20;
    std::size_t most_connections = 512;
    int read_seconds = 30;     // for all of a request
    int write_seconds = 30;    // for each part of an answer
    int idle_seconds = 15;     // between the requests of a connection
    HttpHeaders headers = {};  // of all answers
};

/// HTTP/1.1 on a few threads, however many clients there are: none holds a thread. A client that is slower than the
/// options say loses its connection.
class HttpServer {
 public:
    /// Listens. Throws std::runtime_error with one line where it can't. `handler` gets whole requests, and those that
    /// are to be refused, from several threads.
    HttpServer(const HttpOptions& options, HttpHandler handler);
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;
    /// Closes all connections.
    ~HttpServer();

    std::uint16_t port() const;
    /// Waits until the process is asked to end, by SIGINT or SIGTERM, or for so long; true where it was asked.
    bool wait_for_signal(double seconds);
    /// From now on nobody can connect, and connections close after the answer that they wait for.
    void stop_accepting();
    /// Requests whose answers aren't written to their last byte yet.
    std::size_t exchanges() const;

 private:
    struct State;

    std::unique_ptr<State> state_;
};

}  // namespace bitnet::serve
