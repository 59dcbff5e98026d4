#include "files/tensor_format.hpp"

#include <cmath>
#include <cstring>

#include "decoder_fixture.hpp"
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

namespace {

/// What comes back of numbers that a format stores.
std::vector<float> stored(const char* name, std::span<const float> numbers) {
    const bitnet::NumberFormat& format = *bitnet::find_number_format(name);
    std::vector<std::byte> bytes(format.bytes(numbers.size()));
    format.encode(numbers, bytes.data());
    std::vector<float> back(numbers.size());
    format.decode(bytes.data(), numbers.size() / format.block_values, back.data());
    return back;
}

double largest(std::span<const float> numbers) {
    double most = 0;
    for (const float x : numbers)
        most = std::max(most, std::abs(static_cast<double>(x)));
    return most;
}

/// Random numbers, each 32 of another size, with some zeros.
std::vector<float> uneven_numbers() {
    std::vector<float> numbers = random_floats(4096, 9);
    for (std::size_t i = 0; i < numbers.size(); ++i)
        numbers[i] *= i / 256 % 5 == 4 ? 0 : std::ldexp(1.0F, static_cast<int>(i / 32 % 7) - 5);
    return numbers;
}

}  // namespace

TEST_CASE("Q8_0 stores numbers to half a step of their block") {
    const std::vector<float> numbers = uneven_numbers(), back = stored("Q8_0", numbers);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const double step = largest(std::span(numbers).subspan(i / 32 * 32, 32)) / 127;
        // The step itself is rounded to F16's 11 bits.
        if (std::abs(static_cast<double>(back[i]) - static_cast<double>(numbers[i])) > 0.5 * step * 1.001)
            FAIL_CHECK(i << ": " << numbers[i] << " became " << back[i]);
    }
    CHECK(stored("Q8_0", back) == back);
}

TEST_CASE("Q6_K stores numbers to half a step of their sixteen, whose step is a code itself") {
    const std::vector<float> numbers = uneven_numbers(), back = stored("Q6_K", numbers);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const double most = largest(std::span(numbers).subspan(i / 16 * 16, 16));
        const double step = most / 31, unit = largest(std::span(numbers).subspan(i / 256 * 256, 256)) / (31 * 127);
        // A step is off by half a unit, and the largest number by 31 times that where its code is clamped.
        const double bound = 0.5 * (step + 0.5 * unit) + 31 * 0.5 * unit;
        if (std::abs(static_cast<double>(back[i]) - static_cast<double>(numbers[i])) > bound * 1.001)
            FAIL_CHECK(i << ": " << numbers[i] << " became " << back[i]);
    }
}

TEST_CASE("ternary blocks are read as numbers, and hold no other ones") {
    std::size_t ternary = 0;
    for (const auto& format : bitnet::number_formats()) {
        const bool blocks = bitnet::find_ternary_format(format.name) != nullptr;
        CHECK((format.encode == nullptr) == blocks);
        ternary += blocks;
    }
    CHECK(ternary == 4);
    const auto json = nlohmann::json::parse(read_text(TESTS_DIR "/golden/packings.json"));
    const auto trits = json.at("trits").get<std::vector<float>>();
    for (const auto& [key, name] :
         {std::pair("tq1_0", "TQ1_0"), std::pair("tq2_0", "TQ2_0"), std::pair("q2_0", "Q2_0")}) {
        const auto bytes = from_hex(json.at(key));
        const bitnet::NumberFormat& format = *bitnet::find_number_format(name);
        std::vector<float> numbers(trits.size());
        format.decode(bytes.data(), trits.size() / format.block_values, numbers.data());
        for (std::size_t i = 0; i < trits.size(); ++i)
            if (numbers[i] != 0.5F * trits[i]) FAIL_CHECK(name << ": " << i);
    }
    // Q2_0's fourth code.
    std::vector<std::byte> block(18, std::byte{0xff});
    const std::uint16_t half = 0x3800;
    std::memcpy(block.data(), &half, 2);
    std::vector<float> numbers(64);
    bitnet::find_number_format("Q2_0")->decode(block.data(), 1, numbers.data());
    CHECK(numbers == std::vector<float>(64, 1));
}

TEST_CASE("number formats are found by name and by number") {
    CHECK(bitnet::number_formats().size() == 9);
    for (const auto& format : bitnet::number_formats()) {
        CHECK(bitnet::find_number_format(format.name) == &format);
        CHECK(bitnet::find_number_format(format.gguf_type) == &format);
    }
    CHECK(bitnet::find_number_format("Q4_K") == nullptr);
    CHECK(bitnet::find_number_format(36U) == nullptr);
}
