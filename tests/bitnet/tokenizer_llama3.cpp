#include "tokenizer/llama3.hpp"

#include <random>

#include "files/gguf_vocabulary.hpp"
#include "files/gguf_writer.hpp"
#include "tokenizer_fixture.hpp"
#include "tokenizer_json.hpp"

using namespace bitnet_tests;
using bitnet::Tokenizer;

namespace {

struct Vector {
    std::string text;
    std::vector<int> ids;
};

std::vector<Vector> read_vectors() {
    const std::string inputs = read_text(tokenizer_data() + "/vectors.inp");
    std::istringstream outputs(read_text(tokenizer_data() + "/vectors.out"));
    const std::string separator = "\n__ggml_vocab_test__\n";
    std::vector<Vector> vectors;
    for (std::size_t begin = 0; begin <= inputs.size();) {
        const std::size_t end = std::min(inputs.find(separator, begin), inputs.size());
        std::string line;
        if (!std::getline(outputs, line)) break;
        std::istringstream numbers(line);
        Vector& vector = vectors.emplace_back();
        vector.text = inputs.substr(begin, end - begin);
        for (int id; numbers >> id;)
            vector.ids.push_back(id);
        begin = end + separator.size();
    }
    return vectors;
}

void check_vectors(const Tokenizer& tokenizer) {
    const auto vectors = read_vectors();
    CHECK(vectors.size() == 46);
    for (const Vector& vector : vectors) {
        CAPTURE(vector.text);
        CHECK(tokenizer.encode(vector.text) == vector.ids);
        CHECK(tokenizer.decode(vector.ids) == vector.text);
    }
}

std::string random_text(std::mt19937_64& random) {
    static const std::vector<std::string> parts = {
        "a",    "aa",       "e",          "on", "tion", " ",   "  ",       "\n",           "\t",
        "1",    "23",       "=",          "--", "'s",   "'LL", "\xc3\xa9", "\xe4\xbd\xa0", "\xf0\x9f\xa6\x99",
        "\xff", "\xe4\xbd", "<|eot_id|>", "/*", "_",    ".",   "Z",        "\r\n"};
    std::string text;
    for (std::uint64_t i = 0, count = random() % 24; i < count; ++i)
        text += parts[random() % parts.size()];
    return text;
}

/// The same vocabulary, after it was written to GGUF metadata and read again.
Tokenizer through_gguf(const bitnet::Vocabulary& vocabulary) {
    const TemporaryFolder folder;
    bitnet::GgufWriter writer(folder / "file");
    bitnet::add_vocabulary(writer, vocabulary);
    writer.finish();
    const std::string text = read_text(folder / "file");
    return Tokenizer(bitnet::read_gguf_vocabulary(bitnet::Gguf(bytes_of(text), "file")));
}

Tokenizer through_json(const bitnet::Vocabulary& vocabulary, bool merges_as_pairs) {
    return Tokenizer(bitnet::read_tokenizer_json(tokenizer_json(vocabulary, merges_as_pairs).dump(), "file"));
}

void check_same(const Tokenizer& a, const Tokenizer& b) {
    REQUIRE(a.size() == b.size());
    CHECK(a.bos() == b.bos());
    CHECK(a.eos() == b.eos());
    CHECK(a.end_of_turn() == b.end_of_turn());
    std::size_t pieces = 0, kinds = 0, texts = 0;
    for (int id = 0; id < static_cast<int>(a.size()); ++id) {
        pieces += a.piece(id) == b.piece(id) ? 1 : 0;
        kinds += a.is_special(id) == b.is_special(id) ? 1 : 0;
    }
    CHECK(pieces == a.size());
    CHECK(kinds == a.size());
    std::mt19937_64 random(5);
    for (int i = 0; i < 5000; ++i) {
        const std::string text = random_text(random);
        texts += a.encode(text, i % 2 == 0) == b.encode(text, i % 2 == 0) ? 1 : 0;
    }
    CHECK(texts == 5000);
}

}  // namespace

TEST_CASE("LLaMA-3's test vectors, from the tiktoken file") {
    check_vectors(llama3());
}

TEST_CASE("LLaMA-3's vocabulary and its special tokens") {
    const auto vocabulary = bitnet::read_tokenizer_model(llama3_file());
    CHECK(vocabulary.size() == 128256);
    CHECK(vocabulary.merges.size() == 280147);
    CHECK(llama3().bos() == 128000);
    CHECK(llama3().eos() == 128001);
    CHECK(llama3().end_of_turn() == 128009);
    CHECK(llama3().is_stop(128001));
    CHECK(llama3().is_stop(128009));
    CHECK_FALSE(llama3().is_stop(128000));
    CHECK(llama3().special("<|start_header_id|>") == 128006);
    CHECK(llama3().piece(128255) == "<|reserved_special_token_250|>");
}

TEST_CASE("LLaMA-3's vocabulary goes through GGUF metadata unchanged") {
    const Tokenizer again = through_gguf(bitnet::read_tokenizer_model(llama3_file()));
    check_vectors(again);
    check_same(llama3(), again);
}

TEST_CASE("LLaMA-3's vocabulary goes through tokenizer.json unchanged") {
    const Tokenizer again = through_json(bitnet::read_tokenizer_model(llama3_file()), true);
    check_vectors(again);
    check_same(llama3(), again);
}

TEST_CASE("a small vocabulary goes through GGUF metadata and tokenizer.json unchanged") {
    const std::string text = read_text(golden_gguf);
    const bitnet::Gguf gguf(bytes_of(text), "file");
    const auto vocabulary = bitnet::read_gguf_vocabulary(gguf);
    const Tokenizer tokenizer{bitnet::Vocabulary(vocabulary)};
    check_same(tokenizer, through_gguf(vocabulary));
    check_same(tokenizer, through_json(vocabulary, false));
}

TEST_CASE("random bytes come back from LLaMA-3's tokens") {
    std::mt19937_64 random(6);
    for (int i = 0; i < 300; ++i) {
        std::string bytes(random() % 3000, '\0');
        for (char& c : bytes)
            c = static_cast<char>(random() >> 32);
        const auto ids = llama3().encode(bytes);
        if (llama3().decode(ids) != bytes) FAIL("lost bytes, round " << i);
        const std::string text = random_text(random);
        if (llama3().decode(llama3().encode(text, true)) != text) FAIL("lost bytes of " << text);
    }
}

TEST_CASE("long words and long runs are encoded") {
    for (const std::string& word :
         {std::string(100'000, 'a'), std::string(1'000'000, ' '), std::string(300'000, '\n'), std::string(300'000, '='),
          std::string(300'001, '7'), std::string(100'000, '\xff')}) {
        const auto ids = llama3().encode(word, true);
        CHECK(llama3().decode(ids) == word);
        CHECK(ids.size() <= word.size());
    }
}

TEST_CASE("tiktoken text that is none is refused with its line") {
    const auto refused = [](const char* text) {
        try {
            bitnet::read_tiktoken(text);
        } catch (const std::runtime_error& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    CHECK(refused("IQ== 0\nIiI= 1\r\nIiIi 2").empty());
    for (const char* bad :
         {"IQ== 0\nIQ==\n", "IQ== 0\nIQ== 2\n", "IQ== 0\nIQ== 0\n", "IQ== 0\nI?== 1\n", "IQ== 0\nIQ=== 1", "IQ== 0\n\n",
          "IQ== 0\n 1\n", "IQ== 0\nIQ== 1 \n", "IQ== 0\nIQ== -1\n"}) {
        CAPTURE(bad);
        CHECK(refused(bad) == "expected a token in base64 and its rank 1 in line 2, found something else");
    }
}
