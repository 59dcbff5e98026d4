#include <cstring>

#include "files/gguf_source.hpp"
#include "files/gguf_writer.hpp"
#include "files_fixture.hpp"
#include "gguf_edit.hpp"

using namespace bitnet_tests;
using bitnet::GgufSource;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string q = "blk.0.attn_q.weight";

/// A model with this ternary tensor of 2 x 512 at the end.
std::string file_with(std::uint32_t type, const std::string& data) {
    EditableGguf file = model_of_zeros();
    // Where one of 64 columns lies tells that type 42 has blocks of so many weights.
    if (type == 42) file.tensor("blk.0.attn_k.weight") = {"blk.0.attn_k.weight", type, {64, 1}, std::string(18, '\0')};
    return file.put_last({q, type, {512, 2}, data}).text();
}

std::string golden(const char* type) {
    const auto json = nlohmann::json::parse(read_text(TESTS_DIR "/golden/packings.json"));
    const auto bytes = from_hex(json.at(type).get<std::string>());
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::vector<std::int8_t> trits_of(const std::string& file) {
    const GgufSource source(in_memory(file));
    std::vector<std::int8_t> trits(1024), second(512);
    source.ternary(q).read(0, 2, trits);
    source.ternary(q).read(1, 1, second);
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
        CHECK(source.ternary(q).scale() == 0.5F);
        CHECK(source.ternary(q).matrix.packing->name == name);
    }
}

TEST_CASE("blocks of TQ1_0 and TQ2_0 share one scale, are zero, or have one each") {
    for (const Type& type : types) {
        std::string data = golden(type.name);
        auto expected = trits_of(file_with(type.number, data));
        set_scale(data, type, 1, 0x8000);  // -0
        std::fill_n(expected.begin() + 256, 256, std::int8_t{0});
        CHECK(trits_of(file_with(type.number, data)) == expected);
        for (std::size_t block = 0; block < 4; ++block)
            set_scale(data, type, block, 0);
        CHECK(trits_of(file_with(type.number, data)) == std::vector<std::int8_t>(1024));
        CHECK(GgufSource(in_memory(file_with(type.number, data))).ternary(q).scale() == 1);

        const auto with_scale = [&](std::uint16_t scale) {
            std::string changed = golden(type.name);
            set_scale(changed, type, 2, scale);
            return file_with(type.number, changed);
        };
        const GgufSource shared(in_memory(with_scale(0x3800)));
        CHECK(shared.ternary(q).matrix.has_one_scale());
        for (const auto& [bits, scale] : {std::pair(0x3801, 0.50048828125F), std::pair(0xb800, -0.5F)}) {
            const GgufSource source(in_memory(with_scale(static_cast<std::uint16_t>(bits))));
            const auto tensor = source.ternary(q);
            CHECK_FALSE(tensor.matrix.has_one_scale());
            CHECK(tensor.matrix.group_inputs == 256);
            CHECK(tensor.matrix.scale_of(0, 0) == 0.5F);
            CHECK(tensor.matrix.scale_of(0, 1) == 0.5F);
            CHECK(tensor.matrix.scale_of(1, 0) == scale);
            CHECK(tensor.matrix.scale_of(1, 1) == 0.5F);
        }
        for (const auto impossible : std::initializer_list<std::uint16_t>{0x7e00, 0x7c00, 0xfc00})
            CHECK_THAT(refusal([&] { GgufSource(in_memory(with_scale(impossible))).ternary(q); }),
                       ContainsSubstring("finite and not zero"));
    }
    std::string nan = golden("tq2_0");
    set_scale(nan, types[1], 0, 0x7e00);
    CHECK_THAT(refusal([&] { GgufSource(in_memory(file_with(35, nan))).ternary(q); }),
               ContainsSubstring("finite and not zero"));
}

TEST_CASE("TQ tensors of impossible shapes, and code 3, are refused") {
    std::string data = golden("tq2_0");
    data[70] = '\x0c';
    CHECK_THAT(refusal([&] { trits_of(file_with(35, data)); }), ContainsSubstring("found code 3"));
    for (const Type& type : types) {
        const std::string file = model_of_zeros().put_last({q, type.number, {384, 2}, std::string(4096, '\0')}).text();
        CHECK_THAT(refusal([&] { GgufSource source(in_memory(file)); }), ContainsSubstring("a shape that fits TQ"));
        CHECK_THAT(refusal([&] { GgufSource source(in_memory(file_with(type.number, golden(type.name).substr(1)))); }),
                   ContainsSubstring("truncated"));
    }
}
