#include "files/tensor_format.hpp"

#include <cmath>
#include <cstring>

#include "files/model_source.hpp"
#include "files_fixture.hpp"

using namespace bitnet_tests;

namespace {

bitnet::DenseTensor golden(const nlohmann::json& json, const char* format, std::vector<std::byte>& bytes) {
    bytes = from_hex(json["bytes"]);
    return {"t", bitnet::find_number_format(format), 2, 512, bytes};
}

void check_golden(const char* key, const char* format) {
    const auto json = nlohmann::json::parse(read_text(TESTS_DIR "/golden/head-types.json"))[key];
    std::vector<std::byte> bytes;
    const auto tensor = golden(json, format, bytes);
    REQUIRE(bytes.size() == 2 * tensor.format->bytes(512));
    const auto expected = json["values"].get<std::vector<float>>();
    REQUIRE(expected.size() == 1024);
    std::vector<float> all(1024), second(512);
    tensor.read(0, all);
    tensor.read(1, second);
    double worst = 0;
    for (std::size_t i = 0; i < 1024; ++i) {
        worst = std::max<double>(worst, std::abs(all[i] - expected[i]) / (std::abs(expected[i]) + 1e-6));
    }
    CHECK(worst < 1e-6);
    CHECK(std::memcmp(second.data(), all.data() + 512, 512 * sizeof(float)) == 0);
}

std::vector<float> decoded(const char* format, const std::vector<std::uint16_t>& numbers) {
    std::vector<float> values(numbers.size());
    bitnet::find_number_format(format)->decode(reinterpret_cast<const std::byte*>(numbers.data()), numbers.size(),
                                               values.data());
    return values;
}

}  // namespace

TEST_CASE("Q8_0 as the original program packs it") {
    check_golden("q8_0", "Q8_0");
}

TEST_CASE("Q6_K as the original program packs it") {
    check_golden("q6_k", "Q6_K");
}

TEST_CASE("half-size floats") {
    CHECK(decoded("F16", {0x3c00, 0xc000, 0x0001, 0x7bff}) == std::vector<float>{1, -2, 0x1p-24F, 65504});
    CHECK(decoded("BF16", {0x3f80, 0xc000, 0x0000}) == std::vector<float>{1, -2, 0});
}

TEST_CASE("number formats are found by name and by number") {
    CHECK(bitnet::number_formats().size() == 5);
    for (const auto& format : bitnet::number_formats()) {
        CHECK(bitnet::find_number_format(format.name) == &format);
        CHECK(bitnet::find_number_format(format.gguf_type) == &format);
    }
    CHECK(bitnet::find_number_format("Q4_K") == nullptr);
    CHECK(bitnet::find_number_format(36U) == nullptr);
}
