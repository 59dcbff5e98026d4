#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <ternion/core/float16.hpp>
#include <tuple>

#include "cli_program.hpp"
#include "files/gguf_source.hpp"
#include "files/gguf_writer.hpp"
#include "files/hugging_face.hpp"
#include "files_fixture.hpp"
#include "gguf_edit.hpp"
#include "tokenizer/printable_bytes.hpp"
#include "tokenizer_json.hpp"

namespace {

using namespace bitnet_tests;
using nlohmann::json;
using program::joined;

std::string logits_of(const std::string& model) {
    const TemporaryFolder folder;
    const Outcome outcome = run({"logits", "-m", model, "--tokens", "512,209,44,219,272,227,199,419,261,73", "--output",
                                 folder / "out", "--kv-type", "f32"});
    INFO(outcome.err);
    REQUIRE(outcome.status == 0);
    return read_text(folder / "out");
}

void convert(const std::string& from, const std::string& to, const std::string& embedding = "keep") {
    const Outcome outcome = run({"convert", "-m", from, "--output", to, "--embedding", embedding});
    INFO(outcome.err);
    REQUIRE(outcome.status == 0);
    CHECK(outcome.err.empty());
    CHECK(outcome.out.empty());
}

/// Type and bytes of each tensor, by name.
std::map<std::string, std::pair<std::uint32_t, std::string>> tensors_of(const std::string& path) {
    const std::string text = read_text(path);
    const bitnet::Gguf gguf(bytes_of(text), path);
    std::map<std::string, std::pair<std::uint32_t, std::string>> tensors;
    for (const auto& tensor : gguf.tensors()) {
        const std::size_t values = tensor.rows() * tensor.cols();
        const std::size_t size = tensor.type == 36 ? values / 4 + 4 : values * (tensor.type == 0 ? 4 : 2);
        const auto* data = reinterpret_cast<const char*>(gguf.data().data()) + tensor.offset;
        tensors[std::string(tensor.name)] = {tensor.type, std::string(data, size)};
    }
    return tensors;
}

std::map<std::string, std::string> metadata_of(const std::string& path) {
    std::map<std::string, std::string> values;
    for (const auto& found : bitnet::open_model(path)->metadata())
        values[found.key] = found.value;
    return values;
}

/// The golden folder's tensors as floats in BF16: master weights, of two sizes where trits aren't zero.
void write_master_weights(const std::string& folder) {
    const auto source = bitnet::open_model(golden_folder);
    json header;
    std::string data;
    const auto put = [&](const std::string& name, std::vector<std::size_t> shape, const std::vector<float>& values) {
        const std::size_t begin = data.size();
        for (const float value : values) {
            std::uint32_t bits;
            std::memcpy(&bits, &value, 4);
            data += {static_cast<char>(bits >> 16), static_cast<char>(bits >> 24)};
        }
        header[name] = {{"dtype", "BF16"}, {"shape", shape}, {"data_offsets", {begin, data.size()}}};
    };
    for (const auto& tensor : bitnet::model_tensors(source->config())) {
        std::vector<float> values(tensor.rows * tensor.cols);
        if (tensor.kind == bitnet::ModelTensor::Kind::ternary) {
            std::vector<std::int8_t> trits(values.size());
            source->ternary(tensor.name).read(0, tensor.rows, trits);
            for (std::size_t i = 0; i < trits.size(); ++i)
                values[i] = (i % 2 == 0 ? 0.03125F : 0.046875F) * static_cast<float>(trits[i]);
        } else {
            source->dense(tensor.name).read(0, values);
        }
        using Shape = std::vector<std::size_t>;
        put(tensor.hugging_face, tensor.rows == 1 ? Shape{tensor.cols} : Shape{tensor.rows, tensor.cols}, values);
    }
    GgufBytes file;
    file.number(std::uint64_t{header.dump().size()});
    write_text(folder + "/model.safetensors", file.text + header.dump() + data);
    json config = json::parse(read_text(golden_folder + "/config.json"));
    config["quantization_config"]["quantization_mode"] = "online";
    write_text(folder + "/config.json", config.dump());
}

TEST_CASE("cli: convert keeps a GGUF as it is") {
    const TemporaryFolder folder;
    convert(golden_gguf, folder / "again.gguf");
    auto before = metadata_of(golden_gguf), after = metadata_of(folder / "again.gguf");
    CHECK(after.at("general.file_type") == "40");
    before.erase("general.file_type");
    after.erase("general.file_type");
    CHECK(before == after);
    CHECK(tensors_of(folder / "again.gguf") == tensors_of(golden_gguf));
    CHECK(logits_of(folder / "again.gguf") == logits_of(golden_gguf));
    convert(folder / "again.gguf", folder / "again");
    CHECK(tensors_of(folder / "again") == tensors_of(golden_gguf));
}

TEST_CASE("cli: convert makes the golden GGUF's tensors of the golden Hugging Face folder") {
    const TemporaryFolder folder;
    convert(golden_folder, folder / "f16.gguf", "f16");
    CHECK(tensors_of(folder / "f16.gguf") == tensors_of(golden_gguf));
    const std::string expected = logits_of(golden_folder);
    for (const std::string type : {"keep", "bf16", "f32", "f16"}) {
        convert(golden_folder + "/model.safetensors", folder / type, type);
        CHECK(logits_of(folder / type).size() == expected.size());
    }
    CHECK(tensors_of(folder / "keep") == tensors_of(folder / "bf16"));
    CHECK(logits_of(folder / "keep") == expected);
    CHECK(tensors_of(folder / "f32").at("token_embd.weight").first == 0);
    convert(folder / "f32", folder / "back", "f16");
    CHECK(tensors_of(folder / "back") == tensors_of(golden_gguf));
}

TEST_CASE("cli: convert quantises master weights, without a warning where the model's kind is trained for it") {
    const TemporaryFolder folder;
    write_master_weights(folder / "");
    convert(folder / "", folder / "model.gguf");
    CHECK(logits_of(folder / "model.gguf") == logits_of(folder / ""));
    const auto trits = [](const std::string& model) {
        const auto source = bitnet::open_model(model);
        const auto tensor = source->ternary("blk.2.ffn_down.weight");
        std::vector<std::int8_t> all(tensor.rows() * tensor.cols());
        tensor.read(0, tensor.rows(), all);
        return all;
    };
    CHECK(trits(folder / "model.gguf") == trits(golden_gguf));
}

/// The golden GGUF with its ternary tensors as TQ2_0.
void write_tq2_0(const std::string& path) {
    const bitnet::GgufSource source(std::make_unique<program::MappedFile>(golden_gguf));
    const auto tensors = bitnet::model_tensors(source.config());
    bitnet::GgufWriter writer(path);
    source.add_metadata(writer);
    for (const auto& tensor : tensors) {
        const bool ternary = tensor.kind == bitnet::ModelTensor::Kind::ternary;
        const std::size_t bytes =
            ternary ? tensor.rows * tensor.cols / 256 * 66 : source.dense(tensor.name).bytes.size();
        bitnet::declare(writer, tensor, ternary ? 35 : source.dense(tensor.name).format->gguf_type, bytes);
    }
    for (const auto& tensor : tensors) {
        if (tensor.kind != bitnet::ModelTensor::Kind::ternary) {
            writer.write(source.dense(tensor.name).bytes);
            continue;
        }
        const auto matrix = source.ternary(tensor.name);
        std::vector<std::int8_t> trits(tensor.rows * tensor.cols);
        matrix.read(0, tensor.rows, trits);
        const ternion::Float16 scale(matrix.scale());
        for (std::size_t block = 0; block < trits.size(); block += 256) {
            std::array<std::uint8_t, 66> bytes{};
            for (std::size_t i = 0; i < 256; ++i)
                bytes[i / 128 * 32 + i % 32] |= static_cast<std::uint8_t>((trits[block + i] + 1) << i % 128 / 32 * 2);
            std::memcpy(bytes.data() + 64, &scale.bits, 2);
            writer.write(std::as_bytes(std::span(bytes)));
        }
    }
    writer.finish();
}

TEST_CASE("cli: a GGUF with TQ2_0 layers computes the same, and convert makes I2_S of it") {
    const TemporaryFolder folder;
    write_tq2_0(folder / "tq2_0.gguf");
    CHECK(run({"inspect", folder / "tq2_0.gguf"}).out.find("blk.0.attn_q         TQ2_0") != std::string::npos);
    CHECK(logits_of(folder / "tq2_0.gguf") == logits_of(golden_gguf));
    convert(folder / "tq2_0.gguf", folder / "i2_s.gguf");
    CHECK(tensors_of(folder / "i2_s.gguf") == tensors_of(golden_gguf));
}

TEST_CASE("cli: convert refuses scales that a format holds only coarsely, and names one that holds them") {
    const TemporaryFolder folder;
    const auto with_scale = [&](float scale) {
        EditableGguf file(read_text(golden_gguf));
        auto& tensor = file.tensor("blk.1.attn_k.weight");
        std::memcpy(tensor.bytes.data() + 128 * 256 / 4, &scale, sizeof scale);
        write_text(folder / "model.gguf", file.text());
    };
    for (const float scale : {1e5F, 3e-5F, 1e-9F}) {
        with_scale(scale);
        for (const std::string layers : {"TQ1_0", "tq2_0", "Q2_0", "PQ2_0"})
            check_refused({"convert", "-m", folder / "model.gguf", "--output", folder / "out", "--layers", layers}, 1,
                          {"scales that ", " can hold (--layers I2_S has such) in tensor \"blk.1.attn_k.weight\"",
                           "found scale ", "which becomes "});
        CHECK(folder.entries() == 1);
        convert(folder / "model.gguf", folder / "i2_s.gguf");
        std::filesystem::remove(folder / "i2_s.gguf");
    }
    with_scale(0x1p-20F);  // a float16 as it is
    CHECK(run({"convert", "-m", folder / "model.gguf", "--output", folder / "out", "--layers", "TQ2_0"}).status == 0);
    check_refused({"convert", "-m", TESTS_DIR "/golden/families/qwen3-q2_0.gguf", "--output", folder / "other"}, 1,
                  {"(--layers Q2_0 has such)", "found scale by 64"});
}

TEST_CASE("cli: convert refuses numbers of an embedding that a format would make infinite") {
    const TemporaryFolder folder;
    const auto with_number = [&](float number) {
        convert(golden_gguf, folder / "f32.gguf", "F32");
        EditableGguf file(read_text(folder / "f32.gguf"));
        std::memcpy(file.tensor("token_embd.weight").bytes.data(), &number, sizeof number);
        write_text(folder / "model.gguf", file.text());
    };
    for (const auto& [number, type, fits] : {std::tuple(65519.0F, "F16", true),
                                             {65520.0F, "F16", false},
                                             {8e6F, "Q8_0", true},
                                             {9e6F, "Q8_0", false},
                                             {2.5e8F, "Q6_K", true},
                                             {2.6e8F, "Q6_K", false},
                                             {3.39e38F, "BF16", true},
                                             {3.4e38F, "BF16", false}}) {
        INFO(type << " " << number);
        with_number(number);
        const std::vector<std::string> arguments = {
            "convert", "-m", folder / "model.gguf", "--output", folder / "out", "--embedding", type};
        if (fits) CHECK(run(arguments).status == 0);
        if (!fits) check_refused(arguments, 1, {joined("expected numbers that fit ", type, " in tensor \"token_embd")});
    }
}

TEST_CASE("cli: convert takes the tokenizer along") {
    const TemporaryFolder folder;
    std::filesystem::copy(golden_folder, folder / "model");
    write_text(folder / "model/tokenizer.json", tokenizer_json(bitnet::open_model(golden_gguf)->vocabulary()).dump());
    convert(folder / "model", folder / "model.gguf");
    const std::string text = "The nation's <|eot_id|> \xff";
    CHECK(run({"tokenize", "-m", folder / "model.gguf"}, text).out == run({"tokenize", "-m", golden_gguf}, text).out);
    convert(golden_folder, folder / "silent.gguf");
    check_refused({"tokenize", "-m", folder / "silent.gguf"}, 1, {"expected a tokenizer, found none"});
}

TEST_CASE("cli: convert leaves nothing behind where it fails") {
    const TemporaryFolder folder;
    std::string text = read_text(golden_gguf);
    const auto broken = [&](const std::string& from, const std::string& to, const std::vector<std::string>& parts) {
        std::string changed = text;
        changed.replace(changed.find(from), from.size(), to);
        write_text(folder / "model.gguf", changed);
        check_refused({"convert", "-m", folder / "model.gguf", "--output", folder / "out"}, 1, parts);
        CHECK(folder.entries() == 1);
    };
    broken("blk.2.attn_q.weight", "blk.2.attn_x.weight",
           {"expected no tensors but those", "found \"blk.2.attn_x.weight\""});
    const std::string whole = text;
    EditableGguf lacking(whole);
    std::erase_if(lacking.tensors, [](const auto& tensor) { return tensor.name == "blk.2.attn_q.weight"; });
    text = lacking.text();
    broken("GGUF", "GGUF", {"tensor \"blk.2.attn_q.weight\", found none"});
    text = whole;
    GgufBytes was, is;
    was.name("bitnet-b1.58.feed_forward_length").number(std::uint32_t{4}).number(std::uint32_t{768});
    is.name("bitnet-b1.58.feed_forward_length").number(std::uint32_t{4}).number(std::uint32_t{512});
    broken(was.text, is.text, {"512 x 256 numbers in tensor \"blk.0.ffn_gate.weight\", found 768 x 256"});
    check_refused({"convert", "-m", golden_gguf, "--output", folder / "no/folder"}, 1, {folder / "no/folder"});
    check_refused({"convert", "-m", golden_gguf, "--output", "/dev/full"}, 1, {"/dev/full"});
    check_refused({"convert", "-m", golden_gguf, "--output", folder / "out", "--embedding", "q4"}, 2, {"--embedding"});
}

TEST_CASE("cli: inspect prints metadata, tensors, scales and the share of zeros") {
    const auto source = bitnet::open_model(golden_gguf);
    const auto tensor = source->ternary("blk.1.attn_k.weight");
    std::vector<std::int8_t> trits(tensor.rows() * tensor.cols());
    tensor.read(0, tensor.rows(), trits);
    char row[100];
    std::snprintf(row, sizeof row, "blk.1.attn_k         %-5s %11s %11.5g %5.1f %%\n", "I2_S", "128x256",
                  static_cast<double>(tensor.scale()),
                  100.0 * static_cast<double>(std::ranges::count(trits, 0)) / static_cast<double>(trits.size()));
    const Outcome gguf = run({"inspect", golden_gguf});
    CHECK(gguf.status == 0);
    CHECK(gguf.err.empty());
    CHECK(gguf.out.find(row) != std::string::npos);
    for (const char* part : {"  general.architecture = \"bitnet-b1.58\"\n", "bitnet-b1.58.rope.freq_base = 500000\n",
                             "  tokenizer.ggml.tokens = 528 of text: \"", "token_embd           F16       528x256\n",
                             "blk.0.attn_norm      F32           256\n", "21 ternary matrices, 2 359 296 weights, "})
        CHECK(gguf.out.find(part) != std::string::npos);
    const Outcome folder = run({"inspect", "-m", golden_folder});
    CHECK(folder.status == 0);
    CHECK(folder.out.find("  num_hidden_layers = 3\n") != std::string::npos);
    CHECK(folder.out.find("blk.1.attn_k         U8 ") != std::string::npos);
    CHECK(folder.out.substr(folder.out.rfind("matrices")) == gguf.out.substr(gguf.out.rfind("matrices")));
    const std::string zeros = run({"inspect", golden_gguf, "--zeros", "--text", "hello"}).out;
    CHECK(zeros.starts_with(gguf.out));
    CHECK(zeros.find("\nzeros of feed-forward layers, a text of 4 tokens\nlayer  ") != std::string::npos);
    CHECK(std::ranges::count(zeros, '\n') == std::ranges::count(gguf.out, '\n') + 7);
    CHECK(run({"inspect", golden_gguf, "--zeros"}).out.find(" tokens\nlayer  ") != std::string::npos);
    check_refused({"inspect"}, 2, {"--model"});
    check_refused({"inspect", "/no/such/file"}, 1, {"/no/such/file"});
}

}  // namespace
