#include <cstring>

#include "files/gguf_source.hpp"
#include "files/gguf_writer.hpp"
#include "files_fixture.hpp"

using namespace bitnet_tests;
using bitnet::GgufSource;
using Catch::Matchers::ContainsSubstring;

namespace {

/// A file with one ternary tensor "t" of 2 x 512.
std::string file_with(std::uint32_t type, const std::string& data) {
    GgufBytes bytes;
    bytes.start(1, 1).value("general.architecture", "bitnet-b1.58").tensor("t", type, {512, 2}).pad();
    return bytes.text + data;
}

std::string golden(const char* type) {
    const auto json = nlohmann::json::parse(read_text(TESTS_DIR "/golden/packings.json"));
    const auto bytes = from_hex(json.at(type).get<std::string>());
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::vector<std::int8_t> trits_of(const std::string& file) {
    const GgufSource source(in_memory(file));
    std::vector<std::int8_t> trits(1024), second(512);
    source.ternary("t").read(0, 2, trits);
    source.ternary("t").read(1, 1, second);
    CHECK(std::memcmp(second.data(), trits.data() + 512, 512) == 0);
    return trits;
}

struct Type {
    const char* name;
    std::uint32_t number;
    std::size_t bytes;
};
constexpr Type types[] = {{"tq1_0", 34, 54}, {"tq2_0", 35, 66}};  // with the scale at a block's end

void set_scale(std::string& data, const Type& type, std::size_t block, std::uint16_t bits) {
    std::memcpy(data.data() + (block + 1) * type.bytes - 2, &bits, 2);
}

}  // namespace

TEST_CASE("TQ1_0, TQ2_0 and Q2_0 as the original programs pack them") {
    const auto json = nlohmann::json::parse(read_text(TESTS_DIR "/golden/packings.json"));
    const auto expected = json.at("trits").get<std::vector<std::int8_t>>();
    for (const auto& [name, number] : {std::pair("tq1_0", 34U), std::pair("tq2_0", 35U), std::pair("q2_0", 42U)}) {
        const std::string file = file_with(number, golden(name));
        CHECK(trits_of(file) == expected);
        const GgufSource source(in_memory(file));
        CHECK(source.ternary("t").scale() == 0.5F);
        CHECK(source.ternary("t").matrix.packing->name == name);
    }
}

TEST_CASE("blocks of TQ1_0 and TQ2_0 share one scale, or are zero") {
    for (const Type& type : types) {
        std::string data = golden(type.name);
        auto expected = trits_of(file_with(type.number, data));
        set_scale(data, type, 1, 0x8000);  // -0
        std::fill_n(expected.begin() + 256, 256, std::int8_t{0});
        CHECK(trits_of(file_with(type.number, data)) == expected);
        for (std::size_t block = 0; block < 4; ++block)
            set_scale(data, type, block, 0);
        CHECK(trits_of(file_with(type.number, data)) == std::vector<std::int8_t>(1024));
        CHECK(GgufSource(in_memory(file_with(type.number, data))).ternary("t").scale() == 1);

        const auto refused = [&](std::uint16_t scale) {
            std::string changed = golden(type.name);
            set_scale(changed, type, 2, scale);
            return refusal([&] { GgufSource(in_memory(file_with(type.number, changed))).ternary("t"); });
        };
        CHECK(refused(0x3800).empty());
        CHECK_THAT(refused(0x3801), ContainsSubstring("one scale for all blocks of tensor \"t\", found 0.5"));
        CHECK_THAT(refused(0xb800), ContainsSubstring("one scale"));
        CHECK_THAT(refused(0x7e00), ContainsSubstring("one scale"));
    }
    std::string nan = golden("tq2_0");
    set_scale(nan, types[1], 0, 0x7e00);
    CHECK_THAT(refusal([&] { GgufSource(in_memory(file_with(35, nan))).ternary("t"); }),
               ContainsSubstring("finite and not zero"));
}

TEST_CASE("TQ tensors of impossible shapes, and code 3, are refused") {
    std::string data = golden("tq2_0");
    data[70] = '\x0c';
    CHECK_THAT(refusal([&] { trits_of(file_with(35, data)); }), ContainsSubstring("found code 3"));
    for (const Type& type : types) {
        GgufBytes bytes;
        bytes.start(1, 1).value("general.architecture", "bitnet-b1.58").tensor("t", type.number, {384, 2}).pad();
        CHECK_THAT(refusal([&] { GgufSource source(in_memory(bytes.zeros(4096).text)); }),
                   ContainsSubstring("a shape that fits TQ"));
        CHECK_THAT(refusal([&] { GgufSource source(in_memory(file_with(type.number, golden(type.name).substr(1)))); }),
                   ContainsSubstring("truncated"));
    }
}
