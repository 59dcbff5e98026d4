#include <algorithm>
#include <cstring>
#include <random>

#include "../fuzz/inputs.hpp"
#include "files_fixture.hpp"

// Files that somebody damaged, by accident or on purpose: each loads, or is refused by an error. Run under asan too.

using namespace bitnet_tests;

namespace {

/// Damages `text` in one to eight places of its first `header` bytes, or cuts it.
std::string mutated(const std::string& text, std::size_t header, std::mt19937_64& random) {
    static constexpr std::uint64_t nasty[] = {
        0,          1,          31,         127,        255,   1ULL << 31, (1ULL << 32) - 1,
        1ULL << 32, 1ULL << 61, 1ULL << 62, 1ULL << 63, ~0ULL, ~0ULL - 31, ~0ULL / 4 + 2};
    std::string damaged = text;
    const auto below = [&](std::size_t limit) { return static_cast<std::size_t>(random() % limit); };
    for (std::size_t i = 0, count = 1 + below(8); i < count; ++i) {
        const std::size_t at = below(std::min(header, damaged.size() - 8));
        switch (random() % 8) {
            case 0:
                damaged.resize(std::max<std::size_t>(at, 16));
                break;
            case 1:
                damaged.erase(at, 1 + below(16));
                break;
            case 2:
                damaged.insert(at, damaged.substr(below(damaged.size()), 1 + below(64)));
                break;
            case 3:
            case 4: {
                const std::uint64_t number = nasty[below(std::size(nasty))];
                std::memcpy(damaged.data() + at, &number, 1ULL << below(4));
                break;
            }
            case 5:
                damaged[at] = static_cast<char>(static_cast<unsigned char>(damaged[at]) ^ 1U << below(8));
                break;
            default:
                damaged[at] = static_cast<char>(random());
        }
        if (damaged.size() < 16) damaged.resize(16);
    }
    return damaged;
}

struct Tally {
    std::size_t loaded = 0;
    std::size_t refused = 0;

    template <class Load>
    void add(Load load) {
        try {
            load();
            ++loaded;
        } catch (const std::runtime_error& error) {
            const std::string_view line = error.what();
            if (line.find('\n') != line.npos || line.find("file: ") != 0) FAIL("not one line that names it: " << line);
            ++refused;
        }
    }

    void check(std::size_t expected) const {
        CHECK(loaded + refused == expected);
        CHECK(loaded > expected / 100);
        CHECK(refused > expected / 100);
    }
};

}  // namespace

TEST_CASE("10 000 damaged GGUF files load or are refused") {
    const std::string text = read_text(golden_gguf);
    const std::size_t header = text.size() - bitnet::Gguf(bytes_of(text), "file").data().size();
    std::mt19937_64 random(1);
    Tally models, tokenizers;
    for (int i = 0; i < 10000; ++i) {
        // Some in the tensors' data, most in the header; of that most at its two ends, where no tokens lie.
        std::size_t range = i % 16 == 0 ? text.size() : i % 2 == 0 ? 1200 : header;
        const std::string damaged = mutated(text, range, random);
        models.add([&] { use_model(bitnet::GgufSource(in_memory(damaged))); });
        if (i % 4 != 0) continue;
        tokenizers.add([&] { use_tokenizer(bitnet::load_tokenizer(bitnet::GgufSource(in_memory(damaged)))); });
    }
    models.check(10000);
    tokenizers.check(2500);
}

TEST_CASE("damaged safetensors files load or are refused") {
    const std::string text = read_text(golden_folder + "/model.safetensors");
    const auto config = in_memory(read_text(golden_folder + "/config.json"));
    std::mt19937_64 random(2);
    Tally tally;
    for (int i = 0; i < 3000; ++i) {
        const std::string damaged = mutated(text, i % 16 == 0 ? text.size() : 6304, random);
        tally.add([&] { use_model(bitnet::HuggingFaceSource(in_memory(damaged), *config, golden_folder)); });
    }
    tally.check(3000);
}

TEST_CASE("damaged config.json files load or are refused") {
    // Unknown keys are refused: with a long value that changes nothing, some damaged files load all the same.
    std::string text = read_text(golden_folder + "/config.json");
    text.insert(text.find('{') + 1, "\"_name_or_path\": \"" + std::string(2 * text.size(), 'x') + "\",");
    std::mt19937_64 random(3);
    Tally tally;
    for (int i = 0; i < 10000; ++i) {
        const std::string damaged = mutated(text, text.size(), random);
        tally.add([&] { bitnet::read_hugging_face_config(damaged, "file"); });
    }
    tally.check(10000);
}

TEST_CASE("damaged tokenizer files load or are refused") {
    std::string json =
        R"({"added_tokens":[{"id":257,"content":"<|eot_id|>"}],"pre_tokenizer":{"type":"ByteLevel"},"model":{"type":"BPE","vocab":{"a":256,"ax1":258,"x1x2":259)";
    for (int byte = 0; byte < 256; ++byte)
        json += ",\"x" + std::to_string(byte) + "\":" + std::to_string(byte);
    json += R"(},"merges":["a x1",["x1","x2"]]}})";
    const std::string tiktoken = "IQ== 0\nIg== 1\nIw== 2\nJA== 3\nISE= 4\n";
    std::mt19937_64 random(4);
    Tally json_tally, tiktoken_tally;
    for (int i = 0; i < 10000; ++i) {
        const std::string damaged = mutated(json, json.size(), random);
        json_tally.add([&] { bitnet::read_tokenizer_json(damaged, "file"); });
        const std::string lines = mutated(tiktoken, tiktoken.size(), random);
        tiktoken_tally.add([&] {
            try {
                bitnet::read_tiktoken(lines);
            } catch (const std::runtime_error& error) {
                throw program::FileError("file", error.what());
            }
        });
    }
    json_tally.check(10000);
    CHECK(tiktoken_tally.loaded + tiktoken_tally.refused == 10000);
    CHECK(tiktoken_tally.loaded > 0);
}

TEST_CASE("what fuzzing found is handled") {
    const std::map<std::string, void (*)(std::string_view)> inputs = {{"gguf", use_gguf},
                                                                      {"safetensors", use_safetensors},
                                                                      {"config", use_config},
                                                                      {"vocabulary", use_vocabulary},
                                                                      {"text", use_text}};
    std::size_t tried = 0;
    for (const auto& [name, use] : inputs) {
        const std::filesystem::path findings = TESTS_DIR "/fuzz/findings/" + name;
        if (!std::filesystem::exists(findings)) continue;
        for (const auto& entry : std::filesystem::directory_iterator(findings)) {
            use(read_text(entry.path().string()));
            ++tried;
        }
    }
    CHECK(tried > 0);
}
