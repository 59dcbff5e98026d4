#include "http_connection.hpp"

#include <sys/socket.h>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/chunk_encode.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <utility>

#include "api_error.hpp"
#include "http_exchange.hpp"

namespace bitnet::serve {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using std::chrono::seconds;
namespace {

constexpr std::uint32_t most_head_bytes = 16 << 10;
constexpr std::size_t most_bytes_ahead = 64 << 10;  // of later requests, while one is answered

/// The callback of an operation: the method of a connection that it keeps alive.
template <class... Arguments>
auto then(HttpConnection& connection, void (HttpConnection::*method)(Arguments...)) {
    return [self = connection.shared_from_this(), method](HttpConnection::ErrorCode error, auto&&...) {
        ((*self).*method)(error);
    };
}

/// Of a request's target, which clients of a proxy write as a whole URL. What is no escape stays as it is.
std::string path_of(std::string_view target) {
    if (const auto scheme = target.find("://"); !target.starts_with('/') && scheme != target.npos) {
        const auto path = target.find_first_of("/?", scheme + 3);
        target = path == target.npos ? "/" : target.substr(path);
    }
    target = target.substr(0, target.find_first_of("?#"));
    std::string path;
    for (std::size_t i = 0; i < target.size(); ++i) {
        const char* digits = target.data() + i + 1;
        unsigned char byte = 0;
        const bool escape = target[i] == '%' && target.size() - i > 2 &&
                            std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2;
        path += escape ? static_cast<char>(byte) : target[i];
        if (escape) i += 2;
    }
    return path;
}

}  // namespace

HttpConnection::HttpConnection(net::ip::tcp::socket socket, HttpService& service)
    : stream_(std::move(socket)), service_(service) {
    const std::lock_guard lock(service_.mutex);
    service_.open.insert(this);
    service_.connections = service_.open.size();
}

HttpConnection::~HttpConnection() {
    if (exchange_) exchange_->lose();
    end_exchange();
    const std::lock_guard lock(service_.mutex);
    service_.open.erase(this);
    service_.connections = service_.open.size();
}

void HttpConnection::start() {
    ErrorCode ignored;
    stream_.socket().set_option(net::ip::tcp::no_delay(true), ignored);
    net::dispatch(stream_.get_executor(), [self = shared_from_this()] { self->read_head(); });
}

/// A connection may stay open without a request for a while, and then has the whole time for the next one.
void HttpConnection::await_request() {
    if (buffer_.size() > 0) return read_head();
    stream_.expires_after(seconds(service_.options.idle_seconds));
    stream_.async_read_some(buffer_.prepare(4096), [self = shared_from_this()](ErrorCode error, std::size_t bytes) {
        if (error) return;
        self->buffer_.commit(bytes);
        self->read_head();
    });
}

void HttpConnection::read_head() {
    parser_.emplace();
    parser_->header_limit(most_head_bytes);
    parser_->body_limit(service_.options.most_body_bytes);
    stream_.expires_after(seconds(service_.options.read_seconds));
    http::async_read_header(stream_, buffer_, *parser_, then(*this, &HttpConnection::on_head));
}

void HttpConnection::on_head(ErrorCode error) {
    if (error) return refuse(error);
    if (!beast::iequals(parser_->get()[http::field::expect], "100-continue")) return read_body();
    static const std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    net::async_write(stream_, net::buffer(go_on), [self = shared_from_this()](ErrorCode failed, std::size_t) {
        if (!failed) self->read_body();
    });
}

void HttpConnection::read_body() {
    http::async_read(stream_, buffer_, *parser_, then(*this, &HttpConnection::on_request));
}

void HttpConnection::on_request(ErrorCode error) {
    if (error) return refuse(error);
    stream_.expires_never();
    answer();
}

/// Answers what is no request that can be read; nothing where the client has gone.
void HttpConnection::refuse(ErrorCode error) {
    if (error == http::error::end_of_stream || error == net::error::operation_aborted || error == net::error::eof ||
        error == net::error::connection_reset || error == beast::error::timeout)
        return;  // there is nobody to answer: who is too slow has lost the connection
    HttpRequest request = request_read();
    request.problem = [&]() -> ApiError {
        if (error == http::error::body_limit) {
            return ApiError("expected a body of at most " + std::to_string(service_.options.most_body_bytes) + " bytes",
                            "", 413);
        }
        if (error == http::error::header_limit || error == http::error::buffer_overflow)
            return ApiError("expected headers of at most " + std::to_string(most_head_bytes) + " bytes", "", 431);
        return ApiError("expected an HTTP request, found something else: " + error.message());
    }();
    begin_exchange({});
    keep_alive_ = head_only_ = false;
    service_.handler(std::move(request), exchange_);
    stream_.expires_never();
    write_next();
}

HttpRequest HttpConnection::request_read() const {
    const auto& message = parser_->get();
    HttpRequest request;
    request.method = std::string(message.method_string());
    request.path = path_of(std::string(message.target()));
    request.authorization = std::string(message[http::field::authorization]);
    ErrorCode ignored;
    request.remote = stream_.socket().remote_endpoint(ignored).address().to_string();
    return request;
}

void HttpConnection::answer() {
    auto& message = parser_->get();
    head_only_ = message.method() == http::verb::head;
    keep_alive_ = message.keep_alive();
    version_ = message.version();
    HttpRequest request = request_read();
    request.body = std::move(message.body());
    parser_.reset();
    // It holds the connection until the answer is written or nobody wants it any more.
    begin_exchange([self = shared_from_this()] { self->wake(); });
    const auto exchange = exchange_;
    watch();
    if (service_.connections > service_.options.most_connections) {
        request.problem.emplace("there are too many connections; try again later", "", 503);
        keep_alive_ = false;
    }
    service_.handler(std::move(request), exchange);
}

void HttpConnection::begin_exchange(std::function<void()> wake) {
    exchange_ = std::make_shared<HttpExchange>(std::move(wake));
    finished_ = false;
    ++service_.exchanges;
}

void HttpConnection::end_exchange() {
    if (std::exchange(exchange_, {})) --service_.exchanges;
}

/// Notices that the client goes away while it waits, also behind what it sends meanwhile.
void HttpConnection::watch() {
    stream_.socket().async_wait(net::ip::tcp::socket::wait_read,
                                [self = shared_from_this(), watched = exchange_](ErrorCode error) {
                                    if (error || self->exchange_ != watched) return;
                                    if (!self->read_ahead()) return self->lose();
                                    if (self->buffer_.size() < most_bytes_ahead) self->watch();
                                });
}

/// Keeps the beginning of the next requests. False where the client has gone.
bool HttpConnection::read_ahead() {
    const auto room = buffer_.prepare(4096);
    const auto got = ::recv(stream_.socket().native_handle(), room.data(), room.size(), MSG_DONTWAIT);
    if (got > 0) buffer_.commit(static_cast<std::size_t>(got));
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK));
}

void HttpConnection::wake() {
    net::post(stream_.get_executor(), [self = shared_from_this()] {
        if (!self->writing_) self->write_next();
    });
}

template <class Message>
void HttpConnection::fill(Message& message, const HttpReply& reply) const {
    message.version(version_);
    message.result(static_cast<unsigned>(reply.status));
    if (!reply.type.empty()) message.set(http::field::content_type, reply.type);
    for (const auto& [name, value] : service_.options.headers)
        message.set(name, value);
    for (const auto& [name, value] : reply.headers)
        message.set(name, value);
    message.keep_alive(keep_alive_ && !service_.draining);
}

/// Writes what there is of the answer; one write at a time.
void HttpConnection::write_next() {
    if (!exchange_ || finished_) return;
    HttpExchange::Next next = exchange_->next();
    stream_.expires_after(seconds(service_.options.write_seconds));
    writing_ = true;
    if (next.whole) {
        finished_ = true;
        whole_ = {};
        fill(whole_, *next.whole);
        if (next.whole->status != 204) whole_.content_length(next.whole->body.size());
        if (!head_only_) whole_.body() = std::move(next.whole->body);
        return http::async_write(stream_, whole_, then(*this, &HttpConnection::on_written));
    }
    if (next.head) return write_head(*next.head, version_ == 11);
    if (!next.part.empty()) {
        part_ = std::move(next.part);
        if (!chunked_) return net::async_write(stream_, net::buffer(part_), then(*this, &HttpConnection::on_written));
        return net::async_write(stream_, http::make_chunk(net::buffer(part_)),
                                then(*this, &HttpConnection::on_written));
    }
    if (next.ended) {
        finished_ = true;
        if (!chunked_) return on_written({});
        return net::async_write(stream_, http::make_chunk_last(), then(*this, &HttpConnection::on_written));
    }
    writing_ = false;
    stream_.expires_never();
}

/// Without chunks, the connection's end is the stream's.
void HttpConnection::write_head(const HttpReply& head, bool chunked) {
    chunked_ = chunked;
    if (!chunked) keep_alive_ = false;
    head_ = {};
    fill(head_, head);
    if (chunked) head_.chunked(true);
    serializer_.emplace(head_);
    http::async_write_header(stream_, *serializer_, then(*this, &HttpConnection::on_written));
}

void HttpConnection::on_written(ErrorCode error) {
    writing_ = false;
    if (error || !exchange_) return lose();  // the client may have gone with the last byte
    if (finished_) return next_request();
    write_next();
}

void HttpConnection::next_request() {
    exchange_->complete();
    end_exchange();
    ErrorCode ignored;
    stream_.socket().cancel(ignored);  // the watch
    if (keep_alive_ && !service_.draining) return await_request();
    close_slowly();
}

/// What is closed while the client still sends would lose it the answer.
void HttpConnection::close_slowly() {
    ErrorCode ignored;
    stream_.socket().shutdown(net::ip::tcp::socket::shutdown_send, ignored);
    stream_.expires_after(seconds(2));
    discard();
}

void HttpConnection::discard() {
    buffer_.clear();
    stream_.async_read_some(buffer_.prepare(16384), [self = shared_from_this()](ErrorCode error, std::size_t) {
        if (!error) self->discard();
    });
}

void HttpConnection::lose() {
    if (exchange_) exchange_->lose();
    end_exchange();
    stream_.close();
}

}  // namespace bitnet::serve
