#include <catch2/catch_test_macros.hpp>
#include <random>
#include <string>
#include <vector>

#include "../fuzz/request_input.hpp"
#include "damage.hpp"

namespace {

const std::vector<std::string> bodies = {
    R"({"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":[{"type":"text","text":"x"}]}],"n":2,"stop":["a","b"]})",
    R"({"prompt":["a",[1,2]],"logprobs":3,"seed":-5,"logit_bias":{"5":1.5},"max_tokens":7,"stream_options":{"include_usage":true}})",
    R"({"prompt":"a","response_format":{"type":"json_schema","json_schema":{"schema":{"type":"object","properties":{"a":{"$ref":"#/$defs/b"},
        "c":{"enum":[1,"x"]}},"required":["a"],"$defs":{"b":{"anyOf":[{"type":"null"},{"type":"array","items":{"$ref":"#"},"maxItems":3}]}}}}}})",
    R"({"input":["a","b"],"encoding_format":"base64"})",
};

TEST_CASE("ten thousand broken bodies are read or refused") {
    std::mt19937 random(1);
    const std::string bytes = "{}[]\",:0123456789.eE-+ntf\\u#$/\xff\x80\xe2 ";
    for (int round = 0; round < 10000; ++round) {
        const std::string& body = bodies[random() % bodies.size()];
        bitnet_tests::use_request(bitnet_tests::damaged(body, random() % 4, bytes, random));
    }
    SUCCEED();
}

}  // namespace
