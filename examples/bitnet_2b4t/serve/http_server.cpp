#include "http_server.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

#include <program/io/file_error.hpp>
#include "http_connection.hpp"

namespace bitnet::serve {

namespace net = boost::asio;
using tcp = net::ip::tcp;
namespace {

constexpr int io_threads = 2;  // so that a long text that is read by one holds up nobody
/// Of connections beyond the most, so many may ask and are told why they get nothing else; any other is closed at once.
constexpr std::size_t refused_connections = 16;

/// Each connection takes a descriptor, and other things need some.
std::size_t most_connections(std::size_t asked) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return asked;
    const auto descriptors = static_cast<std::size_t>(limit.rlim_cur);
    return std::min(asked, descriptors > 80 ? descriptors - 64 : std::size_t{16});
}

}  // namespace

struct HttpServer::State {
    State(const HttpOptions& asked, HttpHandler answer)
        : service{asked, std::move(answer)},
          acceptor(net::make_strand(io)),
          retry(acceptor.get_executor()),
          signals(io, SIGINT, SIGTERM) {
        service.options.most_connections = most_connections(asked.most_connections);
        listen();
        accept();
        await_signal();
        for (int i = 0; i < io_threads; ++i)
            threads.emplace_back([this] { io.run(); });
    }
    ~State() {
        io.stop();
        for (std::thread& thread : threads)
            thread.join();
        std::vector<std::shared_ptr<HttpConnection>> left;  // those that wait for an answer hold themselves
        {
            const std::lock_guard lock(service.mutex);
            for (HttpConnection* one : service.open) {
                if (auto alive = one->weak_from_this().lock()) left.push_back(std::move(alive));
            }
        }
        for (const auto& one : left)
            one->lose();
    }

    void listen() {
        const std::string& host = service.options.host;
        boost::system::error_code error;
        const auto address = net::ip::make_address(host == "localhost" ? "127.0.0.1" : host, error);
        if (error)
            throw std::runtime_error("expected an address of this machine after --host, found " +
                                     program::in_quotes(host));
        const tcp::endpoint endpoint(address, service.options.port);
        acceptor.open(endpoint.protocol(), error);
        if (!error) acceptor.set_option(net::socket_base::reuse_address(true), error);
        if (!error) acceptor.bind(endpoint, error);
        if (!error) acceptor.listen(net::socket_base::max_listen_connections, error);
        if (error) {
            throw std::runtime_error(
                program::joined("can't listen on ", host, " port ", service.options.port, ": ", error.message()));
        }
        port = acceptor.local_endpoint().port();
    }

    void accept() {
        acceptor.async_accept(net::make_strand(io), [this](boost::system::error_code error, tcp::socket socket) {
            if (error == net::error::operation_aborted || !acceptor.is_open()) return;
            if (!error) {
                if (service.connections < service.options.most_connections + refused_connections)
                    std::make_shared<HttpConnection>(std::move(socket), service)->start();
                return accept();
            }
            // Out of descriptors, say: others will close.
            retry.expires_after(std::chrono::milliseconds(100));
            retry.async_wait([this](boost::system::error_code) { accept(); });
        });
    }

    void await_signal() {
        signals.async_wait([this](boost::system::error_code error, int) {
            if (error) return;
            {
                const std::lock_guard lock(mutex);
                ++signals_seen;
            }
            signalled.notify_all();
            await_signal();
        });
    }

    HttpService service;
    net::io_context io;
    tcp::acceptor acceptor;
    net::steady_timer retry;
    net::signal_set signals;
    std::uint16_t port = 0;
    std::mutex mutex;
    std::condition_variable signalled;
    int signals_seen = 0;
    std::vector<std::thread> threads;
};

HttpServer::HttpServer(const HttpOptions& options, HttpHandler handler)
    : state_(std::make_unique<State>(options, std::move(handler))) {}
HttpServer::~HttpServer() = default;

std::uint16_t HttpServer::port() const {
    return state_->port;
}

bool HttpServer::wait_for_signal(double seconds) {
    std::unique_lock lock(state_->mutex);
    const auto seen = [&] { return state_->signals_seen > 0; };
    const bool asked = state_->signalled.wait_for(lock, std::chrono::duration<double>(seconds), seen);
    if (asked) --state_->signals_seen;
    return asked;
}

void HttpServer::stop_accepting() {
    state_->service.draining = true;
    net::post(state_->acceptor.get_executor(), [state = state_.get()] {
        boost::system::error_code ignored;
        state->acceptor.close(ignored);
    });
}

std::size_t HttpServer::exchanges() const {
    return state_->service.exchanges;
}

}  // namespace bitnet::serve
