#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "cli_program.hpp"
#include "files_fixture.hpp"

using namespace bitnet_tests;

namespace {

const std::string model = TESTS_DIR "/golden/families/bitnet-embedding.gguf";

double length_of(const std::vector<float>& vector) {
    double squares = 0;
    for (const float x : vector)
        squares += static_cast<double>(x) * static_cast<double>(x);
    return std::sqrt(squares);
}

}  // namespace

TEST_CASE("cli: embed writes the vector of the golden tokens") {
    const TemporaryFolder folder;
    const Outcome outcome = run({"embed", "-m", model, "--kv-type", "f32", "--tokens",
                                 "320,245,204,186,255,191,150,204", "--output", folder / "vector"});
    CHECK(outcome.err.empty());
    REQUIRE(outcome.status == 0);
    const std::string bytes = read_text(folder / "vector");
    const std::string golden = read_text(TESTS_DIR "/golden/families/bitnet-embedding.vector.f64");
    REQUIRE(bytes.size() == 64 * sizeof(float));
    REQUIRE(golden.size() == 64 * sizeof(double));
    for (std::size_t i = 0; i < 64; ++i) {
        float found = 0;
        double expected = 0;
        std::memcpy(&found, bytes.data() + i * sizeof found, sizeof found);
        std::memcpy(&expected, golden.data() + i * sizeof expected, sizeof expected);
        CHECK(std::abs(static_cast<double>(found) - expected) <= 1e-6);
    }
}

TEST_CASE("cli: embed turns each line into a vector of length 1, as numbers or as JSON") {
    const Outcome plain = run({"embed", "-m", model}, "the end\nhello\nthe end");
    REQUIRE(plain.status == 0);
    std::vector<std::vector<float>> vectors;
    std::istringstream lines(plain.out);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream numbers(line);
        vectors.emplace_back();
        for (float x = 0; numbers >> x;)
            vectors.back().push_back(x);
        CHECK(vectors.back().size() == 64);
        CHECK(std::abs(length_of(vectors.back()) - 1) < 1e-5);
    }
    REQUIRE(vectors.size() == 3);
    CHECK(vectors[0] == vectors[2]);
    CHECK(vectors[0] != vectors[1]);

    const Outcome json = run({"embed", "-m", model, "--json"}, "hello\n");
    REQUIRE(json.status == 0);
    const auto object = nlohmann::json::parse(json.out);
    CHECK(object.at("text") == "hello");
    CHECK(object.at("tokens").get<int>() > 1);  // the end of the text is one
    CHECK(object.at("embedding").get<std::vector<float>>() == vectors[1]);
}

TEST_CASE("cli: embed needs a model that says how its vectors are made, or somebody who does") {
    const auto with = [](const std::string& path, std::vector<std::string> more) {
        std::vector<std::string> arguments = {"embed", "-m", path, "--tokens", "1,2,3"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return run(arguments);
    };
    check_refused({"embed", "-m", golden_gguf, "--tokens", "1,2,3"}, 1,
                  {"expected a model that is made for vectors (with --pooling last", "found one that doesn't say"});
    CHECK(with(golden_gguf, {"--pooling", "last"}).status == 0);
    CHECK(with(golden_gguf, {"--pooling", "mean"}).status == 2);
    CHECK(with(model, {"--pooling", "last"}).out == with(model, {}).out);
    // The folder has no file for it, but norms that only such models have.
    const std::string hf = TESTS_DIR "/golden/families/bitnet-embedding-hf";
    CHECK(with(hf, {}).status == 0);
    const TemporaryFolder folder;
    for (const char* file : {"config.json", "model.safetensors"})
        std::filesystem::copy(golden_folder + "/" + file, folder / file);
    CHECK(with(folder / "", {}).status == 1);
    std::filesystem::create_directory(folder / "1_Pooling");
    const auto pooling = [&](const nlohmann::json& content) {
        write_text(folder / "1_Pooling/config.json", content.dump());
        return with(folder / "", {});
    };
    CHECK(pooling({{"word_embedding_dimension", 256}, {"pooling_mode_lasttoken", true}}).status == 0);
    CHECK(pooling({{"pooling_mode", "lasttoken"}}).status == 0);
    CHECK(pooling({{"pooling_mode_mean_tokens", true}})
              .err.find("1_Pooling/config.json: expected true in "
                        "\"pooling_mode_lasttoken\"") != std::string::npos);
    CHECK(pooling({{"pooling_mode", "mean"}}).err.find("\"pooling_mode\"") != std::string::npos);
    CHECK(pooling({{"pooling_mode_lasttoken", true}, {"pooling_mode_cls_token", true}}).status == 1);
    CHECK(pooling({{"pooling_mode_lasttoken", true}, {"other", true}}).status == 1);
}

TEST_CASE("cli: embed refuses ids that the model doesn't know, and an output without them") {
    const Outcome unknown = run({"embed", "-m", model, "--tokens", "336"});
    CHECK(unknown.status == 1);
    CHECK(unknown.err.find("token ids from 0 to 335, found 336") != std::string::npos);
    CHECK(run({"embed", "-m", model, "--output", "file"}).status != 0);
}
