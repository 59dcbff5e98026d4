#include "files/gguf_source.hpp"

#include <cmath>
#include <cstring>
#include <limits>

#include "files_fixture.hpp"

using namespace bitnet_tests;
using bitnet::GgufSource;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string refused(const std::string& text) {
    return refusal([&] { GgufSource source(in_memory(text)); });
}

/// A file with one tensor of 128 x 4 and nothing else that a model needs.
std::string one_tensor(std::string_view architecture, std::uint32_t type, std::vector<std::uint64_t> dims,
                       std::size_t data) {
    GgufBytes bytes;
    bytes.start(1, 1).value("general.architecture", architecture).tensor("t", type, dims).pad().zeros(data);
    return bytes.text;
}

std::string one_i2s(std::uint8_t first_byte, float scale) {
    std::string text = one_tensor("bitnet-b1.58", 36, {128, 4}, 0);
    text += std::string(128, '\x55');  // code 1: zeros
    text[text.size() - 128] = static_cast<char>(first_byte);
    GgufBytes tail;
    return text + tail.number(scale).zeros(28).text;
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
    GgufBytes bytes;
    bytes.start(1, 1).value("general.architecture", "bitnet-b1.58").tensor("t", 36, {512, 2}).pad();
    bytes.text.append(reinterpret_cast<const char*>(packed.data()), packed.size());
    bytes.text.resize(bytes.text.size() + (packed.size() == 256 ? 32 : 0));
    const float scale = json["scale"];
    std::memcpy(bytes.text.data() + bytes.text.size() - 32, &scale, sizeof scale);
    const GgufSource source(in_memory(bytes.text));
    const auto tensor = source.ternary("t");
    std::vector<std::int8_t> trits(expected.size());
    tensor.read(0, 2, trits);
    CHECK(trits == expected);
    CHECK(tensor.scale() == 0.5F);
}

TEST_CASE("the two names of the architecture are accepted, others refused") {
    CHECK(refused(one_tensor("bitnet-b1.58", 0, {8}, 32)).empty());
    CHECK(refused(one_tensor("bitnet-25", 0, {8}, 32)).empty());
    CHECK_THAT(refused(one_tensor("llama", 0, {8}, 32)),
               ContainsSubstring("architecture \"bitnet-b1.58\" or \"bitnet-25\", found \"llama\""));
    CHECK_THAT(refused(GgufBytes().start(0, 0).text), ContainsSubstring("\"general.architecture\""));
}

TEST_CASE("tensor types are refused by name, where they have one") {
    const auto with = [](std::uint32_t type) { return refused(one_tensor("bitnet-b1.58", type, {256, 4}, 8192)); };
    for (const std::uint32_t known : {0U, 1U, 8U, 14U, 30U, 36U})
        CHECK(with(known).empty());
    CHECK_THAT(with(38), ContainsSubstring("in tensor \"t\", found TL1 (38), whose byte order depends on"));
    CHECK_THAT(with(39), ContainsSubstring("found TL2 (39), whose byte order depends on"));
    CHECK_THAT(with(2), ContainsSubstring("found type 2"));
    CHECK_THAT(with(4000000000U), ContainsSubstring("found type 4000000000"));
    // Elsewhere 39 is MXFP4: the architecture is what's wrong then.
    CHECK_THAT(refused(one_tensor("llama", 39, {256, 4}, 8192)), ContainsSubstring("architecture"));
}

TEST_CASE("tensors of shapes that their types can't have are refused") {
    const auto with = [](std::uint32_t type, std::vector<std::uint64_t> dims) {
        return refused(one_tensor("bitnet-b1.58", type, std::move(dims), 8192));
    };
    CHECK_THAT(with(36, {100, 1}), ContainsSubstring("a shape that fits I2_S in tensor \"t\", found 1 x 100"));
    CHECK(with(36, {64, 2}).empty());  // blocks run across rows
    CHECK_THAT(with(8, {33, 2}), ContainsSubstring("rows of a multiple of 32 in tensor \"t\", found 33"));
    CHECK_THAT(with(14, {128, 2}), ContainsSubstring("rows of a multiple of 256"));
    const std::uint64_t big = std::uint64_t{1} << 31;
    for (const std::uint32_t type : {0U, 1U, 8U, 14U, 30U, 36U}) {
        CHECK_THAT(with(type, {big, big}), ContainsSubstring("truncated"));
        CHECK_THAT(with(type, {65536, 2}), ContainsSubstring("truncated"));
    }
}

TEST_CASE("asking for what a tensor isn't") {
    const GgufSource source(std::make_unique<program::MappedFile>(golden_gguf));
    CHECK_THAT(refusal([&] { source.dense("blk.0.attn_q.weight"); }),
               ContainsSubstring("F32, F16, BF16, Q8_0 or Q6_K in tensor \"blk.0.attn_q.weight\", found I2_S"));
    CHECK(source.ternary("output_norm.weight").format == "F32");  // floats are quantised by absmean
    CHECK_THAT(refusal([&] { source.ternary("blk.3.attn_q.weight"); }), ContainsSubstring("none of that name"));
}

TEST_CASE("I2_S with code 3 or an impossible scale is refused") {
    std::vector<std::int8_t> trits(512);
    const auto read = [&](std::uint8_t byte, float scale) {
        const GgufSource source(in_memory(one_i2s(byte, scale)));
        return refusal([&] { source.ternary("t").read(0, 4, trits); });
    };
    CHECK(read(0x98, -0.5F).empty());
    CHECK(trits[0] == 1);
    CHECK(trits[32] == 0);
    CHECK(trits[64] == 1);
    CHECK(trits[96] == -1);
    CHECK_THAT(read(0x57, 1), ContainsSubstring("codes 0, 1 and 2 in tensor \"t\", found code 3"));
    for (const float scale : {0.0F, std::nanf(""), std::numeric_limits<float>::infinity()}) {
        CHECK_THAT(read(0x55, scale), ContainsSubstring("a scale of tensor \"t\" that is finite and not zero"));
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
