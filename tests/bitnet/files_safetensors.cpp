#include "files/safetensors.hpp"

#include "files_fixture.hpp"

using namespace bitnet_tests;
using bitnet::Safetensors;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string with_header(const std::string& header, std::size_t data) {
    GgufBytes bytes;
    bytes.number(std::uint64_t{header.size()});
    return bytes.text + header + std::string(data, '\0');
}

std::string refused(const std::string& text) {
    return refusal([&] { Safetensors tensors(bytes_of(text), "file"); });
}

std::string refused_entry(const std::string& entry) {
    return refused(with_header("{\"t\":" + entry + "}", 16));
}

}  // namespace

TEST_CASE("the golden safetensors file") {
    const std::string text = read_text(golden_folder + "/model.safetensors");
    const Safetensors tensors(bytes_of(text), "file");
    CHECK(tensors.tensors().size() == 56);
    const auto* k_proj = tensors.find("model.layers.2.self_attn.k_proj.weight");
    REQUIRE(k_proj);
    CHECK(k_proj->dtype == "U8");
    CHECK(k_proj->rows() == 32);
    CHECK(k_proj->cols() == 256);
    CHECK(k_proj->bytes.size() == 32 * 256);
    CHECK_FALSE(tensors.find("t"));
    for (const std::size_t cut :
         {std::size_t{1}, std::size_t{8}, std::size_t{1000}, std::size_t{6303}, text.size() - 1}) {
        CHECK_FALSE(refused(text.substr(0, cut)).empty());
    }
}

TEST_CASE("safetensors headers that are no header are refused") {
    CHECK_THAT(refused("short"), ContainsSubstring("a safetensors header"));
    CHECK_THAT(refused(std::string(8, '\xff') + "{}"), ContainsSubstring("1 to 2 bytes, found 18446744073709551615"));
    CHECK_THAT(refused(std::string(8, '\0') + "{}"), ContainsSubstring("found 0"));
    CHECK_THAT(refused(with_header("{", 0)), ContainsSubstring("no valid JSON"));
    CHECK_THAT(refused(with_header("[]", 0)), ContainsSubstring("a JSON object, found array"));
    CHECK_THAT(refused(with_header("{\"\xff\":1}", 0)), ContainsSubstring("no valid JSON"));
    CHECK_THAT(refused(with_header(std::string(100000, '['), 0)), ContainsSubstring("at most 100 levels"));
    CHECK(refused(with_header("{\"__metadata__\":{\"format\":\"pt\"}}", 0)).empty());
}

TEST_CASE("safetensors entries that lie about their bytes are refused") {
    CHECK(refused_entry(R"({"dtype":"F32","shape":[2,2],"data_offsets":[0,16]})").empty());
    CHECK(refused_entry(R"({"dtype":"F32","shape":[],"data_offsets":[4,8]})").empty());
    CHECK_THAT(refused_entry("1"), ContainsSubstring("an object for tensor \"t\", found number"));
    CHECK_THAT(refused_entry(R"({"shape":[4],"data_offsets":[0,16]})"), ContainsSubstring("\"dtype\""));
    CHECK_THAT(refused_entry(R"({"dtype":"X1","shape":[4],"data_offsets":[0,16]})"), ContainsSubstring("found \"X1\""));
    const auto shape = [](const char* dims) {
        return refused_entry(std::string(R"({"dtype":"F32","data_offsets":[0,16],"shape":)") + dims + "}");
    };
    for (const char* bad : {"4", "[-4]", "[4.0]", "[\"4\"]", "[1,1,1,2,2]", "[1e300]", "null"}) {
        CHECK_THAT(shape(bad), ContainsSubstring("integers of at least 0 in \"shape\""));
    }
    CHECK_THAT(shape("[0,4]"), ContainsSubstring("at least 1"));
    CHECK_THAT(shape("[4294967296,4294967296]"), ContainsSubstring("beyond 2^62"));
    CHECK_THAT(shape("[18446744073709551615]"), ContainsSubstring("beyond 2^62"));
    CHECK_THAT(shape("[3]"), ContainsSubstring("expected 12 bytes of tensor \"t\", found 16"));
    const auto offsets = [](const char* range) {
        return refused_entry(std::string(R"({"dtype":"F32","shape":[4],"data_offsets":)") + range + "}");
    };
    for (const char* bad : {"[1,17]", "[16,0]", "[0,18446744073709551615]", "[18446744073709551600,0]"}) {
        CHECK_THAT(offsets(bad), ContainsSubstring("within 16 bytes of data"));
    }
    const auto two = [](int begin, int end) {
        return refused(
            with_header(R"({"t":{"dtype":"U8","shape":[8],"data_offsets":[4,12]},"u":{"dtype":"U8","shape":[)" +
                            std::to_string(end - begin) + R"(],"data_offsets":[)" + std::to_string(begin) + "," +
                            std::to_string(end) + "]}}",
                        16));
    };
    CHECK(two(0, 4).empty());
    CHECK(two(12, 16).empty());
    CHECK_THAT(two(11, 16),
               ContainsSubstring("bytes of tensor \"u\" behind those of \"t\", which end at 12, found 11"));
    CHECK_THAT(two(0, 5), ContainsSubstring("bytes of tensor \"t\" behind those of \"u\", which end at 5, found 4"));
    for (const int begin : {0, 4, 5})
        CHECK_THAT(two(begin, 12), ContainsSubstring("bytes of tensor \""));
    CHECK_THAT(offsets("[0]"), ContainsSubstring("2 \"data_offsets\""));
    CHECK_THAT(refused(with_header(R"({"t":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                                   R"("t":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
                                   1)),
               ContainsSubstring("each name once, found \"t\" twice"));
}
