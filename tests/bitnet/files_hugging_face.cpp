#include "files/hugging_face.hpp"

#include <cmath>
#include <cstring>
#include <map>

#include <program/io/json_file.hpp>
#include "files/gguf_source.hpp"
#include "files_fixture.hpp"

using namespace bitnet_tests;
using bitnet::HuggingFaceSource;
using Catch::Matchers::ContainsSubstring;
using program::Json;

namespace {

std::unique_ptr<HuggingFaceSource> open(const std::string& safetensors, const Json& config) {
    const auto file = in_memory(config.dump(), "config.json");
    return std::make_unique<HuggingFaceSource>(in_memory(safetensors, "model.safetensors"), *file, golden_folder);
}

std::string golden_safetensors() {
    return read_text(golden_folder + "/model.safetensors");
}
Json golden_config() {
    return Json::parse(read_text(golden_folder + "/config.json"));
}

std::string refused_config(const char* key, const Json& value) {
    static const std::string safetensors = golden_safetensors();
    Json config = golden_config();
    if (value.is_discarded()) {
        config.erase(key);
    } else {
        config[key] = value;
    }
    return refusal([&] { open(safetensors, config); });
}

/// A file of one tensor, beside what config.json needs.
std::string safetensors_of(const Json& header, const std::string& data) {
    const std::string text = header.dump();
    GgufBytes bytes;
    bytes.number(std::uint64_t{text.size()});
    return bytes.text + text + data;
}

Json entry(const char* dtype, const std::vector<std::size_t>& shape, std::size_t begin, std::size_t end) {
    return {{"dtype", dtype}, {"shape", shape}, {"data_offsets", {begin, end}}};
}

const std::string q_proj = "model.layers.0.self_attn.q_proj.weight";
const std::string q_scale = q_proj + "_scale";
const std::string scale_of_2 = std::string("\x00\x40", 2);  // BF16

}  // namespace

TEST_CASE("the golden Hugging Face folder holds the same model as the golden GGUF") {
    const auto folder = bitnet::open_model(golden_folder);
    const auto gguf = bitnet::open_model(golden_gguf);
    CHECK(folder->config().hidden == 256);
    CHECK(folder->config().head_dim == 64);
    CHECK(folder->config().context == 512);
    CHECK_FALSE(folder->contains("output.weight"));
    std::size_t matrices = 0, norms = 0;
    for (const auto& stored : dynamic_cast<const bitnet::GgufSource&>(*gguf).gguf().tensors()) {
        const std::string name(stored.name);
        CAPTURE(name);
        REQUIRE(folder->contains(name));
        if (stored.type == 36) {
            const auto a = folder->ternary(name), b = gguf->ternary(name);
            REQUIRE(a.rows() == b.rows());
            REQUIRE(a.cols() == b.cols());
            CHECK(a.scale() == b.scale());
            CHECK(a.matrix.packing->name == "hugging_face");
            std::vector<std::int8_t> x(a.rows() * a.cols()), y(x.size()), rest((a.rows() - 1) * a.cols());
            a.read(0, a.rows(), x);
            b.read(0, b.rows(), y);
            CHECK(x == y);
            a.read(1, a.rows() - 1, rest);
            CHECK(std::memcmp(rest.data(), x.data() + a.cols(), rest.size()) == 0);
            ++matrices;
            continue;
        }
        const auto a = folder->dense(name), b = gguf->dense(name);
        CHECK(a.format->name == "BF16");
        REQUIRE(a.rows == b.rows);
        REQUIRE(a.cols == b.cols);
        std::vector<float> x(a.rows * a.cols), y(x.size());
        a.read(0, x);
        b.read(0, y);
        CHECK(x == y);
        ++norms;
    }
    CHECK(matrices == 21);
    CHECK(norms == 14);
}

TEST_CASE("a model is found by what its file is") {
    CHECK(bitnet::open_model(golden_folder + "/model.safetensors", false)->config().layers == 3);
    CHECK(bitnet::open_model(golden_gguf, false)->config().layers == 3);
    const TemporaryFolder folder;
    write_text(folder / "other.gguf", "PK\x03\x04 something else");
    CHECK_THAT(refusal([&] { bitnet::open_model(folder / "other.gguf"); }),
               ContainsSubstring("other.gguf: expected a GGUF file, a model.safetensors or a folder that holds one, "
                                 "found a file that begins with \"PK\\x03\\x04\""));
    CHECK_THAT(
        refusal([&] { bitnet::open_model(folder / ""); }),
        ContainsSubstring("expected model.safetensors or model.safetensors.index.json, found other.gguf: name that "
                          "file itself, -m "));
    std::filesystem::remove(folder / "other.gguf");
    CHECK_THAT(refusal([&] { bitnet::open_model(folder / ""); }), ContainsSubstring("found neither"));
    write_text(folder / "pytorch_model.bin", "PK");
    CHECK_THAT(refusal([&] { bitnet::open_model(folder / ""); }),
               ContainsSubstring("found pytorch_model.bin, weights that PyTorch has pickled"));
    std::filesystem::copy(golden_folder + "/model.safetensors", folder / "model.safetensors");
    CHECK_THAT(refusal([&] { bitnet::open_model(folder / ""); }), ContainsSubstring("config.json: cannot be opened"));
    std::filesystem::copy(golden_folder + "/config.json", folder / "config.json");
    CHECK(refusal([&] { bitnet::open_model(folder / ""); }).empty());
    write_text(folder / "adapter_config.json", "{}");
    CHECK_THAT(refusal([&] { bitnet::open_model(folder / ""); }),
               ContainsSubstring("a model alone") && ContainsSubstring("found an adapter beside it"));
    CHECK_THAT(refusal([&] { bitnet::open_model(golden_folder)->vocabulary(); }),
               ContainsSubstring("expected tokenizer.json or tokenizer.model, found neither"));
}

TEST_CASE("layers that config.json doesn't know are refused") {
    CHECK_THAT(
        refused_config("num_hidden_layers", 2),
        ContainsSubstring("model.safetensors: expected no tensors but those of BitNetForCausalLM with 2 layers, as "
                          "\"num_hidden_layers\" says, found \"model.layers.2.input_layernorm.weight\""));
    CHECK(refused_config("num_hidden_layers", 3).empty());
}

TEST_CASE("a weight_scale multiplies or divides, by linear_class") {
    const Json header = {{q_proj, entry("U8", {1, 4}, 0, 4)}, {q_scale, entry("BF16", {1}, 4, 6)}};
    const std::string file = safetensors_of(header, std::string("\x55\x55\x55\x55") + scale_of_2);
    Json config = golden_config();
    CHECK(open(file, config)->ternary("blk.0.attn_q.weight").scale() == 2);
    config["quantization_config"]["linear_class"] = "bitlinear";
    CHECK(open(file, config)->ternary("blk.0.attn_q.weight").scale() == 0.5F);
    config["quantization_config"].erase("linear_class");
    CHECK(open(file, config)->ternary("blk.0.attn_q.weight").scale() == 0.5F);
    config["quantization_config"]["linear_class"] = "other";
    CHECK_THAT(refusal([&] { open(file, config); }), ContainsSubstring("found \"other\""));
}

TEST_CASE("packed rows lie a quarter apart") {
    const Json header = {{q_proj, entry("U8", {2, 1}, 0, 2)}, {q_scale, entry("BF16", {1}, 2, 4)}};
    // Rows 0, 2, 4, 6 are in the first byte, from the lowest bits up: codes 0, 1, 2, 0.
    const auto source = open(safetensors_of(header, std::string("\x24\x55") + scale_of_2), golden_config());
    std::vector<std::int8_t> trits(8);
    const auto tensor = source->ternary("blk.0.attn_q.weight");
    CHECK(tensor.rows() == 8);
    tensor.read(0, 8, trits);
    CHECK(trits == std::vector<std::int8_t>{-1, 0, 0, 0, 1, 0, -1, 0});
    const auto bad = open(safetensors_of(header, std::string("\x24\x5d") + scale_of_2), golden_config());
    CHECK_THAT(refusal([&] { bad->ternary("blk.0.attn_q.weight").read(0, 8, trits); }), ContainsSubstring("code 3"));
}

TEST_CASE("scales that are missing or impossible are refused") {
    const auto scale = [](const std::string& bytes, const char* dtype, std::size_t count) {
        Json header = {{q_proj, entry("U8", {1, 1}, 0, 1)}};
        if (count != 0) header[q_scale] = entry(dtype, {count}, 1, 1 + bytes.size());
        return refusal(
            [&] { open(safetensors_of(header, "\x55" + bytes), golden_config())->ternary("blk.0.attn_q.weight"); });
    };
    CHECK(scale(scale_of_2, "BF16", 1).empty());
    CHECK(scale(std::string("\0\0\x80\x3f", 4), "F32", 1).empty());
    CHECK_THAT(scale("", "", 0),
               ContainsSubstring("q_proj.weight_scale\", as ") && ContainsSubstring("found none of that name"));
    CHECK_THAT(scale(std::string(2, '\0'), "BF16", 1), ContainsSubstring("finite and not zero"));
    CHECK_THAT(scale("\xff\x7f", "BF16", 1), ContainsSubstring("finite and not zero, found nan"));
    CHECK_THAT(scale("\x55\x55", "I16", 1), ContainsSubstring("F32, F16 or BF16 in tensor"));
    CHECK_THAT(scale(scale_of_2 + scale_of_2, "BF16", 2),
               ContainsSubstring("one number in tensor") && ContainsSubstring("found 1 x 2"));
}

TEST_CASE("master weights are quantised by absmean") {
    Json config = golden_config();
    config["quantization_config"]["quantization_mode"] = "online";
    const std::vector<float> weights = {1, -1, 0.25F, -0.2F, 3, 0, 0.5F, 0.05F};  // mean abs 0.75
    const std::string data(reinterpret_cast<const char*>(weights.data()), 32);
    const Json header = {{q_proj, entry("F32", {2, 4}, 0, 32)}};
    const auto source = open(safetensors_of(header, data), config);
    const auto tensor = source->ternary("blk.0.attn_q.weight");
    CHECK(tensor.scale() == 0.75F);
    CHECK(tensor.rows() == 2);
    CHECK(tensor.matrix.packing->name == "int8");
    std::vector<std::int8_t> trits(8), second(4);
    tensor.read(0, 2, trits);
    CHECK(trits == std::vector<std::int8_t>{1, -1, 0, 0, 1, 0, 1, 0});
    tensor.read(1, 1, second);
    CHECK(second == std::vector<std::int8_t>{1, 0, 1, 0});
    const std::string nan = safetensors_of({{q_proj, entry("F32", {1, 1}, 0, 4)}}, "\xff\xff\xff\x7f");
    CHECK_THAT(refusal([&] { open(nan, config)->ternary("blk.0.attn_q.weight"); }),
               ContainsSubstring("finite weights in tensor \"" + q_proj + "\""));
}

TEST_CASE("config.json with missing or impossible values is refused") {
    const Json absent = Json::value_t::discarded;
    CHECK(refused_config("torch_dtype", "any").empty());
    CHECK_THAT(refused_config("ignored", 1), ContainsSubstring("config.json: expected no key \"ignored\""));
    CHECK(refused_config("head_dim", nullptr).empty());
    CHECK(refused_config("head_dim", 64).empty());
    CHECK(refused_config("rope_parameters", {{"rope_theta", 500000.0}}).empty());
    CHECK_THAT(refused_config("rope_parameters", {{"rope_theta", 10000.0}}),
               ContainsSubstring("what \"rope_parameters.rope_theta\" says in \"rope_theta\", found 500000"));
    CHECK_THAT(refused_config("hidden_size", absent),
               ContainsSubstring("expected \"hidden_size\" (an integer of at least 0), found no such key"));
    CHECK_THAT(refused_config("hidden_size", "256"),
               ContainsSubstring("an integer of at least 0 in \"hidden_size\", found \"256\""));
    CHECK_THAT(refused_config("hidden_size", -256), ContainsSubstring("in \"hidden_size\", found -256"));
    CHECK_THAT(refused_config("hidden_size", 1e300), ContainsSubstring("in \"hidden_size\", found 1e+300"));
    CHECK_THAT(refused_config("num_attention_heads", 0), ContainsSubstring("config.json: impossible number of heads"));
    CHECK_THAT(refused_config("rope_theta", "1"), ContainsSubstring("a number in \"rope_theta\", found \"1\""));
    CHECK(refused_config("rope_theta", nullptr).empty());  // the family's own
    CHECK_THAT(refused_config("model_type", "llama"),
               ContainsSubstring("found \"BitNetForCausalLM\" of \"model_type\" \"llama\""));
}

TEST_CASE("every tensor of the architecture has a Hugging Face name") {
    std::map<std::string, std::string> names;
    bitnet::Config config = bitnet::config_2b4t;
    config.separate_head = true;
    for (const auto& tensor : bitnet::model_tensors(config))
        CHECK(names.emplace(tensor.name, tensor.hugging_face).second);
    CHECK(names.size() == 30 * 11 + 3);
    CHECK(names["blk.12.ffn_norm.weight"] == "model.layers.12.post_attention_layernorm.weight");
    CHECK(names["output.weight"] == "lm_head.weight");
    const auto folder = bitnet::open_model(golden_folder);
    for (const char* none : {"", "blk.", "blk.1", "blk.1.other.weight", "attn_q.weight", "blk.3.attn_q.weight"})
        CHECK_FALSE(folder->contains(none));
}
