#include <catch2/catch_test_macros.hpp>
#include <random>
#include <string>
#include <vector>

#include "../fuzz/http_input.hpp"
#include "damage.hpp"

namespace {

using bitnet_tests::damaged;
using bitnet_tests::use_http;

const std::vector<std::string> requests = {
    "GET /a?b HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer y\r\n\r\n",
    "POST /stream HTTP/1.1\r\nContent-Length: 5\r\n\r\nabcdeHEAD / HTTP/1.1\r\n\r\n",
    "POST /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: u\r\n\r\n",
    "POST /stream HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx",
};

TEST_CASE("requests that come through a connection are answered in their order") {
    CHECK(use_http("").empty());
    CHECK(use_http("GET / HT").empty());
    const std::string one = use_http(requests[0]);
    CHECK(one.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(one.ends_with("\r\n\r\nGET /a Bearer y\n"));
    const std::string two = use_http(requests[1]);
    CHECK(two.find("POST /stream \nabcde\r\n0\r\n\r\nHTTP/1.1 200 OK") != std::string::npos);
    CHECK(use_http(requests[2]).starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK"));
    CHECK(use_http(requests[2]).ends_with("POST /b \nabc"));
    CHECK(use_http(requests[3]).ends_with("\r\n\r\nPOST /stream \nx"));
    CHECK(use_http("no request\r\n\r\n").starts_with("HTTP/1.1 400 "));
    CHECK(use_http("GET / HTTP/1.1\r\nA: " + std::string(20000, 'x') + "\r\n\r\n").starts_with("HTTP/1.1 431 "));
    CHECK(use_http("POST / HTTP/1.1\r\nContent-Length: 99999\r\n\r\n").starts_with("HTTP/1.1 413 "));
}

TEST_CASE("three thousand broken requests get HTTP or nothing, and leave no connection") {
    std::mt19937 random(3);
    const std::string bytes = std::string("\r\n :;,=\t/?#%0129aA\x7f\xff\x80", 21) + '\0';
    for (int round = 0; round < 3000; ++round) {
        const std::string two = requests[random() % requests.size()] + requests[random() % requests.size()];
        const std::string request = damaged(two, 1 + random() % 4, bytes, random);
        INFO(request);
        REQUIRE_NOTHROW(use_http(request));
    }
}

}  // namespace
