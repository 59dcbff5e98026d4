#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <sstream>
#include <string>
#include <vector>

#include "cli_program.hpp"
#include "files/gguf_writer.hpp"
#include "files_fixture.hpp"

namespace {

using namespace bitnet_tests;

const std::string qwen = TESTS_DIR "/golden/families/qwen3-g128.gguf";

/// A golden model with its layers as floats: trits times one of two numbers, by turns.
void write_float_model(const std::string& path, float one = 0.25F, float other = 0.5F,
                       const std::string& model = golden_gguf) {
    const auto source = bitnet::open_model(model);
    const auto tensors = bitnet::model_tensors(source->config());
    bitnet::GgufWriter writer(path);
    source->add_metadata(writer);
    for (const bitnet::ModelTensor& tensor : tensors) {
        const bool ternary = tensor.kind == bitnet::ModelTensor::Kind::ternary;
        const std::uint32_t type = ternary ? 0 : source->dense(tensor.name).format->gguf_type;
        bitnet::declare(writer, tensor, type,
                        ternary ? tensor.rows * tensor.cols * 4 : source->dense(tensor.name).bytes.size());
    }
    for (const bitnet::ModelTensor& tensor : tensors) {
        if (tensor.kind != bitnet::ModelTensor::Kind::ternary) {
            writer.write(source->dense(tensor.name).bytes);
            continue;
        }
        std::vector<std::int8_t> trits(tensor.rows * tensor.cols);
        source->ternary(tensor.name).read(0, tensor.rows, trits);
        std::vector<float> floats(trits.begin(), trits.end());
        for (std::size_t i = 0; i < floats.size(); ++i)
            floats[i] *= i % 2 == 0 ? one : other;
        writer.write(std::as_bytes(std::span(floats)));
    }
    writer.finish();
}

TEST_CASE("cli: ternarize writes what absmean makes of float weights, and says what is lost") {
    const TemporaryFolder folder;
    write_float_model(folder / "float.gguf");
    const Outcome outcome = run({"ternarize", "-m", folder / "float.gguf", "--output", folder / "out.gguf"});
    INFO(outcome.err);
    REQUIRE(outcome.status == 0);
    CHECK(outcome.err.empty());

    const auto before = bitnet::open_model(golden_gguf), after = bitnet::open_model(folder / "out.gguf");
    std::istringstream lines(outcome.out);
    std::string line;
    REQUIRE(std::getline(lines, line));
    std::size_t matrices = 0;
    for (; std::getline(lines, line); ++matrices) {
        std::istringstream fields(line);
        std::string name, percent;
        double scale = 0, error = 0, zeros = 0;
        fields >> name >> scale >> error >> percent >> zeros;
        INFO(line);
        const bitnet::TernaryTensor was = before->ternary(name), is = after->ternary(name);
        std::vector<std::int8_t> old_trits(was.rows() * was.cols()), new_trits(old_trits.size());
        was.read(0, was.rows(), old_trits);
        is.read(0, is.rows(), new_trits);
        CHECK((old_trits == new_trits));
        const auto size = static_cast<double>(old_trits.size());
        double mean = 0, lost = 0, all = 0;
        const auto weight = [&](std::size_t i) { return (i % 2 == 0 ? 0.25 : 0.5) * old_trits[i]; };
        for (std::size_t i = 0; i < old_trits.size(); ++i)
            mean += std::fabs(weight(i)) / size;
        for (std::size_t i = 0; i < old_trits.size(); ++i) {
            lost += std::pow(weight(i) - mean * old_trits[i], 2);
            all += std::pow(weight(i), 2);
        }
        const double share = static_cast<double>(std::ranges::count(old_trits, 0)) / size;
        CHECK(std::fabs(zeros - 100 * share) < 0.06);
        CHECK(std::fabs(error - 100 * std::sqrt(lost / all)) < 0.06);
        CHECK(std::fabs(scale - mean) < 1e-4);
        CHECK(std::fabs(static_cast<double>(is.scale()) - mean) < 1e-6);
    }
    CHECK(matrices == 21);
}

TEST_CASE("cli: float weights of a kind that isn't trained to be ternary are refused, or a line warns of them") {
    const TemporaryFolder folder;
    write_float_model(folder / "float.gguf", 0.25F, 0.5F, qwen);
    check_refused({"convert", "-m", folder / "float.gguf", "--output", folder / "out.gguf"}, 1,
                  {"ternary weights in tensor \"blk.0.attn_q.weight\" (the command `ternarize` quantises others)"});
    const Outcome ternarize = run({"ternarize", "-m", folder / "float.gguf", "--output", folder / "out.gguf"});
    REQUIRE(ternarize.status == 0);
    CHECK(ternarize.err ==
          "warning: 7 matrices were floats and are ternary now; nothing says that this model of family qwen3 was "
          "trained for that: expect a far worse one, unless it is trained further\n");
    CHECK(run({"convert", "-m", folder / "out.gguf", "--output", folder / "again.gguf"}).err.empty());
}

TEST_CASE("cli: inspect doesn't call float weights ternary") {
    const TemporaryFolder folder;
    write_float_model(folder / "float.gguf");
    const std::string floats = run({"inspect", folder / "float.gguf"}).out;
    CHECK(floats.find("\n21 matrices of floats, ternary when loaded, 2 359 296 weights, ") != std::string::npos);
    CHECK(floats.find("ternary matrices") == std::string::npos);
}

TEST_CASE("cli: floats that are ternary are kept as they are, without a warning") {
    const TemporaryFolder folder;
    write_float_model(folder / "float.gguf", 0.25F, 0.25F);
    const std::string inspected = run({"inspect", folder / "float.gguf"}).out;
    CHECK(inspected.find("\n21 ternary matrices, 2 359 296 weights, ") != std::string::npos);
    CHECK(inspected.find("matrices of floats") == std::string::npos);
    for (const std::string command : {"convert", "ternarize"}) {
        const Outcome outcome = run({command, "-m", folder / "float.gguf", "--output", folder / "out.gguf"});
        CHECK(outcome.status == 0);
        CHECK(outcome.err.empty());
        CHECK((outcome.out.find("0.25   exact ") != std::string::npos) == (command == "ternarize"));
        const auto before = bitnet::open_model(golden_gguf), after = bitnet::open_model(folder / "out.gguf");
        for (const auto& tensor : before->tensors()) {
            if (tensor.kind != bitnet::ModelTensor::Kind::ternary) continue;
            const auto was = before->ternary(tensor.name), is = after->ternary(tensor.name);
            CHECK(is.scale() == 0.25F);
            // All but the scale.
            const std::size_t codes = was.rows() * was.cols() / 4;
            CHECK(std::ranges::equal(was.bytes().first(codes), is.bytes().first(codes)));
        }
    }
}

TEST_CASE("cli: a model that is ternary already is not ternarized") {
    const TemporaryFolder folder;
    check_refused({"ternarize", "-m", golden_gguf, "--output", folder / "out.gguf"}, 1,
                  {"expected F32, F16, BF16", "found I2_S"});
    CHECK_FALSE(std::filesystem::exists(folder / "out.gguf"));
}

}  // namespace
