#include "files/gguf_source.hpp"

#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "files/gguf_types.hpp"
#include "files_fixture.hpp"
#include "gguf_edit.hpp"

using namespace bitnet_tests;
using bitnet::GgufSource;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string refused(const std::string& text) {
    return refusal([&] { GgufSource source(in_memory(text)); });
}

const std::string q = "blk.0.attn_q.weight";

/// A model with this as its last tensor, `q`; what else there is are zeros.
std::string with_q(std::uint32_t type, std::vector<std::uint64_t> dims, std::string data,
                   const std::string& architecture = "bitnet-b1.58") {
    return model_of_zeros(architecture).put_last({q, type, std::move(dims), std::move(data)}).text();
}

std::string one_i2s(std::uint8_t first_byte, float scale) {
    std::string data(128, '\x55');  // code 1: zeros
    data[0] = static_cast<char>(first_byte);
    GgufBytes tail;
    return with_q(36, {128, 4}, data + tail.number(scale).zeros(28).text);
}

}  // namespace

TEST_CASE("the golden GGUF as a model") {
    const GgufSource source(std::make_unique<program::MappedFile>(golden_gguf));
    const bitnet::Config config = source.config();
    CHECK(config.layers == 3);
    CHECK(config.hidden == 256);
    CHECK(config.ffn == 768);
    CHECK(config.heads == 4);
    CHECK(config.kv_heads == 2);
    CHECK(config.head_dim == 64);
    CHECK(config.vocab == 528);
    CHECK(config.context == 512);
    CHECK(config.norm_eps == 1e-5F);
    CHECK(config.rope_theta == 500000.0F);
    CHECK(source.contains("token_embd.weight"));
    CHECK_FALSE(source.contains("output.weight"));

    const bitnet::DenseTensor embedding = source.dense("token_embd.weight");
    CHECK(embedding.format->name == "F16");
    CHECK(embedding.rows == 528);
    CHECK(embedding.cols == 256);
    CHECK(embedding.bytes.size() == 528 * 256 * 2);
    const bitnet::DenseTensor norm = source.dense("output_norm.weight");
    CHECK(norm.rows == 1);
    CHECK(norm.cols == 256);

    const bitnet::TernaryTensor down = source.ternary("blk.1.ffn_down.weight");
    CHECK(down.rows() == 256);
    CHECK(down.cols() == 768);
    CHECK(down.bytes().size() == 256 * 768 / 4);
    CHECK(down.scale() > 0);
    std::vector<std::int8_t> all(256 * 768), part(3 * 768);
    down.read(0, 256, all);
    down.read(100, 3, part);
    CHECK(std::memcmp(part.data(), all.data() + 100 * 768, part.size()) == 0);
    CHECK(std::ranges::all_of(all, [](int trit) { return trit >= -1 && trit <= 1; }));
    CHECK(std::ranges::count(all, 0) < 256 * 768 / 2);
}

TEST_CASE("I2_S as the original program packs it") {
    const auto json = nlohmann::json::parse(read_text(TESTS_DIR "/golden/packings.json"));
    const auto expected = json["trits"].get<std::vector<std::int8_t>>();
    const auto packed = from_hex(json["i2_s"]);
    std::string data(reinterpret_cast<const char*>(packed.data()), packed.size());
    data.resize(data.size() + (packed.size() == 256 ? 32 : 0));
    const float scale = json["scale"];
    std::memcpy(data.data() + data.size() - 32, &scale, sizeof scale);
    const GgufSource source(in_memory(with_q(36, {512, 2}, data)));
    const auto tensor = source.ternary(q);
    std::vector<std::int8_t> trits(expected.size());
    tensor.read(0, 2, trits);
    CHECK(trits == expected);
    CHECK(tensor.scale() == 0.5F);
}

TEST_CASE("the names of the architectures are accepted, others refused") {
    const std::string data(32, '\0');
    for (const char* known : {"bitnet-b1.58", "bitnet-25", "bitnet", "llama", "qwen3"})
        CHECK(refused(with_q(0, {8}, data, known)).empty());
    const auto other = [](const std::string& name) {
        return refused(model_of_zeros().set("general.architecture", name).text());
    };
    CHECK_THAT(other("mistral"), ContainsSubstring("one of the architectures \"bitnet-b1.58\", \"bitnet-25\", "
                                                   "\"bitnet\", \"llama\", \"qwen3\", found \"mistral\""));
    CHECK_THAT(other("LLAMA"), ContainsSubstring("found \"LLAMA\""));
    // The keys of one architecture aren't those of another.
    CHECK_THAT(other("llama"), ContainsSubstring("\"llama."));
    CHECK_THAT(refused(GgufBytes().start(0, 0).text), ContainsSubstring("\"general.architecture\""));
}

TEST_CASE("tensor types are refused by name, where they have one") {
    const auto with = [](std::uint32_t type) { return refused(with_q(type, {256, 4}, std::string(8192, '\0'))); };
    for (const std::uint32_t known : {0U, 1U, 8U, 14U, 30U, 34U, 35U, 36U, 142U})
        CHECK(with(known).empty());
    CHECK_THAT(with(38), ContainsSubstring("in tensor \"" + q + "\"") &&
                             ContainsSubstring(", found TL1 (38), whose byte order depends on"));
    CHECK_THAT(with(39), ContainsSubstring("found TL2 (39), whose byte order depends on"));
    CHECK_THAT(with(2), ContainsSubstring("found Q4_0 (2)"));
    CHECK_THAT(with(99), ContainsSubstring("found type 99"));
    CHECK_THAT(with(4000000000U), ContainsSubstring("found type 4000000000"));
    // Elsewhere 39 is MXFP4: the architecture is what's wrong then.
    EditableGguf other = model_of_zeros().set("general.architecture", "gpt-oss");
    CHECK_THAT(refused(other.put_last({q, 39, {256, 4}, std::string(8192, '\0')}).text()),
               ContainsSubstring("architecture"));
}

TEST_CASE("tensors of more than two dimensions are no matrices, unless the others are 1") {
    const std::string zeros(8 * 8 * 4, '\0');
    CHECK(refused(with_q(0, {8, 8, 1}, zeros)).empty());
    CHECK(refused(with_q(0, {8, 8, 1, 1}, zeros)).empty());
    CHECK_THAT(refused(with_q(0, {8, 2, 4}, zeros)),
               ContainsSubstring("rows and columns alone in tensor \"" + q + "\", found 3 dimensions"));
    CHECK_THAT(refused(with_q(0, {8, 1, 8}, zeros)), ContainsSubstring("found 3 dimensions"));
}

TEST_CASE("tensors of shapes that their types can't have are refused") {
    const auto with = [](std::uint32_t type, std::vector<std::uint64_t> dims) {
        return refused(with_q(type, std::move(dims), std::string(8192, '\0')));
    };
    CHECK_THAT(with(36, {100, 1}),
               ContainsSubstring("a shape that fits I2_S (36) in tensor \"" + q + "\", found 1 x 100"));
    CHECK(with(36, {64, 2}).empty());  // blocks run across rows
    CHECK_THAT(with(8, {33, 2}), ContainsSubstring("rows of a multiple of 32 in tensor \"" + q + "\", found 33"));
    CHECK_THAT(with(14, {128, 2}), ContainsSubstring("rows of a multiple of 256"));
    for (const std::uint32_t type : {34U, 35U, 142U})
        CHECK_THAT(with(type, {64, 2}), ContainsSubstring("a shape that fits "));
    const std::uint64_t big = std::uint64_t{1} << 31;
    for (const std::uint32_t type : {0U, 1U, 8U, 14U, 30U, 34U, 35U, 36U, 142U}) {
        CHECK_THAT(with(type, {big, big}), ContainsSubstring("truncated"));
        CHECK_THAT(with(type, {65536, 2}), ContainsSubstring("truncated"));
    }
}

/// A file with tensors of type 42 at these offsets, [rows, cols] each, and so much data.
bool legacy(const std::vector<std::array<std::uint64_t, 3>>& tensors, std::size_t data) {
    GgufBytes bytes;
    bytes.start(tensors.size(), 0);
    for (const auto& [rows, cols, offset] : tensors)
        bytes.tensor("t" + std::to_string(offset), 42, {cols, rows}, offset);
    const std::string text = bytes.pad().zeros(data).text;
    return bitnet::has_legacy_q2_0(bitnet::Gguf(bytes_of(text), "file"));
}

TEST_CASE("where tensors of type 42 lie tells how many weights their blocks have") {
    // 16 x 128: 576 bytes by 64, 544 by 128.
    CHECK_FALSE(legacy({{16, 128, 0}}, 576));
    CHECK(legacy({{16, 128, 0}}, 544));
    CHECK_FALSE(legacy({{16, 128, 0}, {3, 64, 576}}, 576 + 54));
    CHECK_FALSE(legacy({{16, 128, 0}, {3, 64, 576}}, 576 + 64));
    CHECK(legacy({{16, 128, 0}, {3, 128, 544}}, 544 + 102));
    // A tensor alone of which both would fit doesn't tell, but another one may.
    CHECK_FALSE(legacy({{1, 128, 0}, {16, 128, 64}}, 64 + 576));
    CHECK(legacy({{1, 128, 0}, {16, 128, 64}}, 64 + 544));
    const auto refused_file = [](const std::vector<std::array<std::uint64_t, 3>>& tensors, std::size_t data) {
        return refusal([&] { legacy(tensors, data); });
    };
    CHECK_THAT(refused_file({{1, 128, 0}}, 64), ContainsSubstring("found places that fit both"));
    CHECK_THAT(refused_file({{16, 128, 0}, {16, 128, 576}}, 576 + 544), ContainsSubstring("fit neither (truncated?)"));
    CHECK_THAT(refused_file({{16, 128, 0}}, 543), ContainsSubstring("fit neither"));
    CHECK_THAT(refused_file({{16, 100, 0}}, 576), ContainsSubstring("fit neither"));
}

TEST_CASE("asking for what a tensor isn't") {
    const GgufSource source(std::make_unique<program::MappedFile>(golden_gguf));
    CHECK_THAT(
        refusal([&] { source.dense("blk.0.attn_q.weight"); }),
        ContainsSubstring("F32, F16, BF16, Q8_0, Q6_K, TQ1_0, TQ2_0 or Q2_0 in tensor \"blk.0.attn_q.weight\"") &&
            ContainsSubstring("found I2_S (36)"));
    CHECK(source.ternary("output_norm.weight").format == "F32");  // floats are quantised by absmean
    CHECK_THAT(refusal([&] { source.ternary("blk.3.attn_q.weight"); }), ContainsSubstring("none of that name"));
}

TEST_CASE("I2_S with code 3 or an impossible scale is refused") {
    std::vector<std::int8_t> trits(512);
    const auto read = [&](std::uint8_t byte, float scale) {
        const GgufSource source(in_memory(one_i2s(byte, scale)));
        return refusal([&] { source.ternary(q).read(0, 4, trits); });
    };
    CHECK(read(0x98, -0.5F).empty());
    CHECK(trits[0] == 1);
    CHECK(trits[32] == 0);
    CHECK(trits[64] == 1);
    CHECK(trits[96] == -1);
    CHECK_THAT(read(0x57, 1), ContainsSubstring("codes 0, 1 and 2 in tensor \"" + q + "\", found code 3"));
    for (const float scale : {0.0F, std::nanf(""), std::numeric_limits<float>::infinity()}) {
        CHECK_THAT(read(0x55, scale), ContainsSubstring("a scale of tensor \"" + q + "\" that is finite and not zero"));
    }
}

TEST_CASE("a GGUF file that is cut anywhere is refused") {
    const std::string whole = read_text(golden_gguf);
    const bitnet::Gguf gguf(bytes_of(whole), "file");
    const std::size_t data = whole.size() - gguf.data().size();
    std::vector<std::size_t> cuts;
    for (std::size_t cut = 1; cut < data + 64; ++cut)
        cuts.push_back(cut);
    for (const auto& tensor : gguf.tensors()) {
        for (const std::size_t near : {31U, 32U, 33U})
            cuts.push_back(data + tensor.offset + near - 32);
    }
    // The last tensor, 256 floats, ends the file.
    for (std::size_t lacking = 1; lacking < 1100; ++lacking)
        cuts.push_back(whole.size() - lacking);
    REQUIRE(gguf.tensors().back().offset + 1024 == gguf.data().size());
    std::size_t accepted = 0;
    for (const std::size_t cut : cuts)
        accepted += refused(whole.substr(0, cut)).empty() ? 1 : 0;
    CHECK(accepted == 0);
    CHECK(refused(whole).empty());
}
