// Files that contradict themselves, or hold what a reader of something near would take for something else.
#include <bitnet/model.hpp>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "files/float_layers.hpp"
#include "files/gguf_source.hpp"
#include "files/hugging_face.hpp"
#include "files/hugging_face_config.hpp"
#include "files/tensor_extents.hpp"
#include "files/vocabulary_files.hpp"
#include "files_fixture.hpp"
#include "gguf_edit.hpp"

using namespace bitnet_tests;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string families(const char* name) {
    return std::string(TESTS_DIR "/golden/families/") + name;
}

std::string refused(const std::string& gguf) {
    return refusal([&] { bitnet::GgufSource source(in_memory(gguf)); });
}

/// The file with the offset of a tensor replaced, as its header has it: the last number of the tensor's entry.
std::string with_offset(std::string file, std::string_view tensor, std::uint64_t offset) {
    const bitnet::Gguf gguf(bytes_of(file), "file");
    const std::size_t name = file.find(tensor), dims = gguf.find_tensor(tensor)->dims.size();
    file.replace(name + tensor.size() + 4 + 8 * dims + 4, 8, reinterpret_cast<const char*>(&offset), 8);
    return file;
}

nlohmann::json config_of(const char* folder) {
    return nlohmann::json::parse(read_text(families(folder) + "/config.json"));
}

}  // namespace

TEST_CASE("tensors that share bytes are refused") {
    const std::string file = read_text(golden_gguf);
    CHECK(refused(file).empty());
    CHECK_THAT(refused(with_offset(file, "blk.1.attn_norm.weight", 0)),
               ContainsSubstring("bytes of tensor \"") && ContainsSubstring(" behind those of \"") &&
                   ContainsSubstring("\"blk.1.attn_norm.weight\"") && ContainsSubstring(", found 0"));
}

TEST_CASE("an empty tensor shares no bytes, whatever its name") {
    for (const char* empty : {"a", "z"})
        CHECK(refusal([&] { bitnet::check_extents({{"m", 0, 64}, {empty, 0, 0}, {"n", 64, 64}}, "file"); }).empty());
    for (const char* empty : {"a", "z"})
        CHECK(refusal([&] { bitnet::check_extents({{empty, 0, 0}, {"m", 0, 64}, {"n", 64, 64}}, "file"); }).empty());
    CHECK_THAT(refusal([&] { bitnet::check_extents({{"m", 0, 64}, {"n", 63, 1}}, "file"); }),
               ContainsSubstring("which end at 64, found 63"));
}

TEST_CASE("rows of q and k that are no whole heads are refused, not read past their end") {
    bitnet::TernaryTensor tensor = bitnet::own_trits("file", "t", "F32", {6, 2}, std::vector<std::int8_t>(12), {1});
    CHECK(refusal([&] { bitnet::in_halves(tensor, 6); }).empty());
    CHECK_THAT(refusal([&] { bitnet::in_halves(tensor, 4); }),
               ContainsSubstring("rows of whole heads of 4 in tensor \"t\", found 6"));
    CHECK_THAT(refusal([&] { bitnet::in_pairs(tensor, 4); }), ContainsSubstring("found 6"));
}

TEST_CASE("packed layers need a configuration that says what their scales do") {
    nlohmann::json config = config_of("llama-rope3-hf");
    const std::string weights = read_text(families("llama-rope3-hf") + "/model.safetensors");
    const auto open = [&] {
        const auto file = in_memory(config.dump(), "config.json");
        bitnet::HuggingFaceSource source(in_memory(weights), *file, "folder");
    };
    CHECK(refusal(open).empty());
    config.erase("quantization_config");
    CHECK_THAT(refusal(open),
               ContainsSubstring("\"quantization_config\", which says whether scales multiply or divide"));
}

TEST_CASE("layers that a configuration calls quantised have their scales, or the model isn't opened") {
    nlohmann::json config = config_of("llama-rope3-hf");
    const std::string weights = read_text(families("llama-rope3-hf") + "/model.safetensors");
    const std::string name = "model.layers.0.mlp.up_proj.weight_scale";
    std::string lacking = weights;
    lacking.replace(lacking.find(name), name.size(), "model.layers.0.mlp.up_proj.rotary_emb.inv_freq");
    std::uint64_t length = 0;
    std::memcpy(&length, lacking.data(), sizeof length);
    length += lacking.size() - weights.size();
    std::memcpy(lacking.data(), &length, sizeof length);
    const auto refused = [&](const std::string& file) {
        return refusal([&] {
            const auto text = in_memory(config.dump(), "config.json");
            bitnet::HuggingFaceSource source(in_memory(file), *text, "folder");
        });
    };
    CHECK(refused(weights).empty());
    CHECK_THAT(refused(lacking), ContainsSubstring("tensor \"" + name +
                                                   "\", as \"quantization_config\" of mode "
                                                   "\"offline\" has one for each layer, found none"));
    // Floats of -s, 0 and s have theirs, but for those that are still to be quantised.
    const std::string folder = TESTS_DIR "/golden/refuse/dequantised-hf";
    const std::string floats = read_text(folder + "/model.safetensors");
    config = nlohmann::json::parse(read_text(folder + "/config.json"));
    CHECK(refused(floats).empty());
    config["quantization_config"] = {{"quant_method", "bitnet"}, {"linear_class", "autobitlinear"}};
    CHECK_THAT(refused(floats), ContainsSubstring("weight_scale\", as \"quantization_config\""));
    config["quantization_config"]["quantization_mode"] = "online";
    CHECK(refused(floats).empty());
}

TEST_CASE("norms before each projection are refused where a configuration wants them, and only there") {
    nlohmann::json config = config_of("llama-rope3-hf");
    const auto read = [&] { return refusal([&] { bitnet::read_hugging_face_config(config.dump(), "config.json"); }); };
    config["quantization_config"]["use_rms_norm"] = false;
    config["quantization_config"]["rms_norm_eps"] = 1e-6;
    CHECK(read().empty());
    config["quantization_config"]["use_rms_norm"] = true;
    CHECK_THAT(read(), ContainsSubstring("false in \"quantization_config.use_rms_norm\", found true"));
    config["quantization_config"].erase("use_rms_norm");
    // Elsewhere it has other meanings, and none in these models.
    config["use_rms_norm"] = false;
    CHECK_THAT(read(), ContainsSubstring("no key \"use_rms_norm\""));
}

TEST_CASE("every shape is compared when a model is opened") {
    const auto opened = [](const EditableGguf& file) {
        const TemporaryFolder folder;
        write_text(folder / "model.gguf", file.text());
        return refusal([&] { bitnet::open_model(folder / "model.gguf"); });
    };
    const EditableGguf whole(read_text(golden_gguf));
    CHECK(opened(whole).empty());
    EditableGguf norm = whole;
    norm.tensor("blk.2.ffn_norm.weight").dims = {128};
    CHECK_THAT(opened(norm), ContainsSubstring("1 x 256 numbers in tensor \"blk.2.ffn_norm.weight\", found 1 x 128"));
    EditableGguf swapped = whole;
    std::swap(swapped.tensor("blk.2.ffn_down.weight").dims[0], swapped.tensor("blk.2.ffn_down.weight").dims[1]);
    CHECK_THAT(opened(swapped),
               ContainsSubstring("256 x 768 numbers in tensor \"blk.2.ffn_down.weight\", found 768 x 256"));
    CHECK_THAT(refusal([&] { bitnet::load_model_from_memory("name", bytes_of(swapped.text())); }),
               ContainsSubstring("256 x 768 numbers in tensor"));

    const TemporaryFolder folder;
    nlohmann::json config = nlohmann::json::parse(read_text(golden_folder + "/config.json"));
    config["intermediate_size"] = 512;
    write_text(folder / "config.json", config.dump());
    std::filesystem::copy(golden_folder + "/model.safetensors", folder / "model.safetensors");
    CHECK_THAT(
        refusal([&] { bitnet::open_model(folder / ""); }),
        ContainsSubstring("512 x 256 numbers in tensor \"model.layers.0.mlp.gate_proj.weight\", found 768 x 256"));
}

TEST_CASE("floats with a scale beside them are trits, or refused, whoever asks") {
    EditableGguf file(read_text(TESTS_DIR "/golden/refuse/scale-beside-f16.gguf"));
    const auto ternary = [&] {
        const std::string text = file.text();
        const bitnet::GgufSource source(in_memory(text), bitnet::Masters::quantised);
        return source.ternary("blk.0.attn_q.weight").scale();
    };
    CHECK(ternary() != 1);
    // The first number of the matrix isn't one of three.
    file.tensor("blk.0.attn_q.weight").bytes.replace(0, 2, "\x55\x35");
    CHECK_THAT(
        refusal(ternary),
        ContainsSubstring("ternary weights in tensor \"blk.0.attn_q.weight\", which has a scale beside it, found F16"));
}

TEST_CASE("block formats that rounded ternary weights are no master weights") {
    for (const std::uint32_t type : {8U, 14U}) {
        std::vector<float> weights(256 * 256);
        for (std::size_t i = 0; i < weights.size(); ++i)
            weights[i] = std::sin(static_cast<float>(i));
        const bitnet::NumberFormat& format = *bitnet::find_number_format(type);
        std::string stored(format.bytes(weights.size()), '\0');
        format.encode(weights, reinterpret_cast<std::byte*>(stored.data()));
        EditableGguf file(read_text(golden_gguf));
        auto& tensor = file.tensor("blk.0.attn_q.weight");
        tensor.type = type;
        tensor.bytes = stored;
        const std::string text = file.text();
        const bitnet::GgufSource source(in_memory(text));
        INFO(format.name);
        CHECK_THAT(refusal([&] { source.ternary("blk.0.attn_q.weight"); }),
                   ContainsSubstring("ternary weights in tensor \"blk.0.attn_q.weight\""));
    }
}

TEST_CASE("trits below a scale of zero are zeros, also where other blocks have other scales") {
    const std::string file = read_text(families("qwen3-q2_0.gguf"));
    EditableGguf edited(file);
    edited.tensor("blk.0.attn_q.weight").bytes[0] = '\0';  // the first block's scale, an F16
    edited.tensor("blk.0.attn_q.weight").bytes[1] = '\0';
    const std::string text = edited.text();
    const bitnet::GgufSource source(in_memory(text));
    const bitnet::TernaryTensor tensor = source.ternary("blk.0.attn_q.weight");
    CHECK(tensor.matrix.group_inputs == 64);
    CHECK(tensor.matrix.scale_of(0, 0) == 0);
    CHECK(tensor.matrix.scale_of(0, 1) != 0);
    std::vector<std::int8_t> row(tensor.cols());
    tensor.read(0, 1, row);
    CHECK(std::count(row.begin(), row.begin() + 64, 0) == 64);
    CHECK(std::count(row.begin() + 64, row.end(), 0) < 100);
}

TEST_CASE("the original context of RoPE's scaling counts where it stands, in the object or beside it") {
    nlohmann::json config = config_of("qwen3-yarn-hf");
    const auto original = [&] {
        return bitnet::read_hugging_face_config(config.dump(), "config.json").sizes.rope_scaling.original_context;
    };
    CHECK(original() == 512);
    config["rope_scaling"].erase("original_max_position_embeddings");
    CHECK(original() == 2048);  // that of the model
    config["original_max_position_embeddings"] = 512;
    CHECK(original() == 512);
    config["original_max_position_embeddings"] = -512;
    CHECK_THAT(refusal(original), ContainsSubstring("original context of RoPE's scaling"));
    config["original_max_position_embeddings"] = 512;
    config["rope_scaling"]["attention_factor"] = -5;
    CHECK_THAT(refusal(original), ContainsSubstring("attention factor of RoPE's scaling"));
}

TEST_CASE("JSON beside a tokenizer may be as deep as others") {
    const TemporaryFolder folder;
    write_text(folder / "generation_config.json",
               "{\"eos_token_id\": " + std::string(1000000, '[') + std::string(1000000, ']') + "}");
    bitnet::Vocabulary vocabulary;
    CHECK_THAT(refusal([&] { bitnet::add_companions(vocabulary, folder / "."); }),
               ContainsSubstring("JSON of at most 100 levels"));
}

TEST_CASE("a shard alone is no model") {
    CHECK_THAT(refusal([] { bitnet::open_model(families("llama-separate-hf/model-00001-of-00002.safetensors")); }),
               ContainsSubstring("all shards of a model: name the folder"));
}
