#pragma once

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/string_body.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "http_server.hpp"

namespace bitnet::serve {

class HttpConnection;
class HttpExchange;

/// What all connections of a server share.
struct HttpService {
    HttpService(const HttpOptions& asked, HttpHandler answer) : options(asked), handler(std::move(answer)) {}

    HttpOptions options;
    HttpHandler handler;
    std::atomic<bool> draining = false;
    std::atomic<std::size_t> connections = 0;
    std::atomic<std::size_t> exchanges = 0;  // whose answers aren't written yet
    std::mutex mutex;                        // of `open`
    std::set<HttpConnection*> open;
};

/// One client's connection: reads a request, lets the handler answer it, writes the answer as it comes, and so on. All
/// that it does runs on its own strand.
class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
    using ErrorCode = boost::system::error_code;

    /// `service` must outlive it.
    HttpConnection(boost::asio::ip::tcp::socket socket, HttpService& service);
    ~HttpConnection();

    void start();
    /// Something was put into the exchange. From any thread.
    void wake();
    /// Nobody wants the answer any more.
    void lose();

 private:
    void await_request();
    void read_head();
    void on_head(ErrorCode error);
    void read_body();
    void on_request(ErrorCode error);
    void refuse(ErrorCode error);
    void answer();
    HttpRequest request_read() const;
    void begin_exchange(std::function<void()> wake);
    void end_exchange();
    void watch();
    bool read_ahead();
    void write_next();
    void write_head(const HttpReply& head, bool chunked);
    void on_written(ErrorCode error);
    void next_request();
    void close_slowly();
    void discard();

    template <class Message>
    void fill(Message& message, const HttpReply& reply) const;

    using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

    boost::beast::tcp_stream stream_;
    HttpService& service_;
    boost::beast::flat_buffer buffer_;
    std::optional<Parser> parser_;
    bool head_only_ = false, keep_alive_ = false, chunked_ = false, writing_ = false;
    unsigned version_ = 11;
    std::shared_ptr<HttpExchange> exchange_;
    boost::beast::http::response<boost::beast::http::string_body> whole_;
    boost::beast::http::response<boost::beast::http::empty_body> head_;
    std::optional<boost::beast::http::response_serializer<boost::beast::http::empty_body>> serializer_;
    std::string part_;
    bool finished_ = false;  // the answer's end is being written
};

}  // namespace bitnet::serve
