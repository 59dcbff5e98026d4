#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "serve/http_connection.hpp"

namespace bitnet_tests {

/// Answers each request: whole, or, where the path asks for it, in parts.
inline void answer_http(const bitnet::serve::HttpRequest& request,
                        const std::shared_ptr<bitnet::serve::Responder>& responder) {
    if (request.problem) {
        return responder->send({.status = request.problem->status(), .body = request.problem->json()});
    }
    const std::string told = request.method + " " + request.path + " " + request.authorization + "\n" + request.body;
    if (request.path.find("stream") == std::string::npos) return responder->send({.body = told});
    responder->begin({.type = "text/event-stream"});
    responder->write(told);
    responder->end();
}

inline std::string all_that_came(int socket) {
    std::string came;
    char buffer[4096];
    for (ssize_t got; (got = ::recv(socket, buffer, sizeof buffer, MSG_DONTWAIT)) > 0;)
        came.append(buffer, static_cast<std::size_t>(got));
    return came;
}

/// What the server does with the bytes of a client that sends them and then closes: whatever they are, what comes back
/// is HTTP or nothing, and the connection ends. Returns what came back.
inline std::string use_http(std::string_view input) {
    using namespace bitnet::serve;
    namespace net = boost::asio;
    input = input.substr(0, 32 << 10);  // more might wait for the connection to read
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) throw std::runtime_error("no sockets");
    HttpOptions options;
    options.most_body_bytes = 4096;
    HttpService service(options, [](const HttpRequest& request, const std::shared_ptr<Responder>& responder) {
        answer_http(request, responder);
    });
    net::io_context io;
    net::ip::tcp::socket socket(io);
    socket.assign(net::ip::tcp::v4(), ends[0]);
    std::make_shared<HttpConnection>(std::move(socket), service)->start();
    std::string came;
    if (::send(ends[1], input.data(), input.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(input.size()))
        throw std::logic_error("the input was not taken");
    while (io.poll() > 0)
        came += all_that_came(ends[1]);
    ::close(ends[1]);
    io.run();
    if (service.exchanges != 0 || service.connections != 0) throw std::logic_error("a connection is left");
    if (!came.empty() && !came.starts_with("HTTP/1.")) throw std::logic_error("expected HTTP, found " + came);
    return came;
}

}  // namespace bitnet_tests
