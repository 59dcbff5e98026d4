#include "tokenizer/byte_pairs.hpp"

#include <algorithm>
#include <map>
#include <random>

#include "tokenizer/llama3.hpp"
#include "tokenizer/printable_bytes.hpp"
#include "tokenizer_fixture.hpp"

using namespace bitnet_tests;
using bitnet::BytePairs;
using bitnet::Merge;
using bitnet::TokenKind;
using bitnet::Vocabulary;

namespace {

/// The definition, word for word: merge the leftmost pair of the lowest rank until none is left.
std::vector<int> naive(const Vocabulary& vocabulary, std::string_view piece) {
    for (int id = 0; id < static_cast<int>(vocabulary.size()); ++id) {
        if (vocabulary.kind(id) == TokenKind::text && vocabulary.bytes(id) == piece) return {id};
    }
    std::map<std::pair<int, int>, Merge> merges;
    for (const Merge& merge : vocabulary.merges) {
        const auto [place, added] = merges.try_emplace({merge.left, merge.right}, merge);
        if (!added && merge.rank < place->second.rank) place->second = merge;
    }
    std::vector<int> ids;
    for (const char c : piece)
        ids.push_back(static_cast<unsigned char>(c));
    for (;;) {
        const Merge* best = nullptr;
        std::size_t where = 0;
        for (std::size_t i = 0; i + 1 < ids.size(); ++i) {
            const auto found = merges.find({ids[i], ids[i + 1]});
            if (found == merges.end() || (best && found->second.rank >= best->rank)) continue;
            best = &found->second;
            where = i;
        }
        if (!best) return ids;
        ids[where] = best->merged;
        ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(where) + 1);
    }
}

/// A vocabulary of words over few letters, with random merges.
Vocabulary random_vocabulary(std::mt19937_64& random, std::size_t words) {
    Vocabulary vocabulary = byte_vocabulary();
    for (std::size_t i = 0; i < words; ++i) {
        const auto any = [&] {
            const bool letter = vocabulary.size() == 256 || random() % 2 == 0;
            return letter ? 'a' + static_cast<int>(random() % 3)
                          : 256 + static_cast<int>(random() % (vocabulary.size() - 256));
        };
        const int left = any(), right = any();
        const std::string bytes = std::string(vocabulary.bytes(left)).append(vocabulary.bytes(right));
        const int merged = vocabulary.add(bytes, TokenKind::text);
        vocabulary.merges.push_back({left, right, merged, static_cast<std::uint32_t>(random() % words)});
    }
    return vocabulary;
}

}  // namespace

TEST_CASE("byte pairs merge as their definition says") {
    std::mt19937_64 random(1);
    std::size_t merged = 0;
    for (int round = 0; round < 100; ++round) {
        const Vocabulary vocabulary = random_vocabulary(random, 30);
        const BytePairs pairs(vocabulary);
        BytePairs::Workspace workspace;
        for (int i = 0; i < 50; ++i) {
            std::string piece(1 + random() % 24, '\0');
            for (char& c : piece)
                c = static_cast<char>('a' + random() % 3);
            std::vector<int> ids = {-7};  // what is there stays
            pairs.encode(piece, ids, workspace);
            REQUIRE(ids.front() == -7);
            ids.erase(ids.begin());
            REQUIRE(ids == naive(vocabulary, piece));
            merged += ids.size() < piece.size() ? 1 : 0;
        }
    }
    CHECK(merged > 2000);
}

TEST_CASE("the steps of byte pair encoding grow with the length, not with its square") {
    std::mt19937_64 random(2);
    const Vocabulary vocabulary = random_vocabulary(random, 60);
    const BytePairs pairs(vocabulary);
    for (const std::size_t length : {1000U, 100'000U}) {
        for (const bool alike : {true, false}) {
            std::string piece(length, 'a');
            for (char& c : piece)
                c = static_cast<char>('a' + (alike ? 0 : random() % 3));
            BytePairs::Workspace workspace;
            std::vector<int> ids;
            pairs.encode(piece, ids, workspace);
            CHECK(ids.size() < length);
            CHECK(workspace.steps >= length - ids.size());
            CHECK(workspace.steps < 3 * length);
        }
    }
}

TEST_CASE("a whole piece that is a token needs no merges") {
    Vocabulary vocabulary = byte_vocabulary();
    const int word = vocabulary.add("word", TokenKind::text);
    vocabulary.add("unused", TokenKind::unused);
    vocabulary.add("special", TokenKind::special);
    const BytePairs pairs(vocabulary);
    BytePairs::Workspace workspace;
    std::vector<int> ids;
    pairs.encode("word", ids, workspace);
    CHECK(ids == std::vector<int>{word});
    for (const char* piece : {"unused", "special", "words"}) {
        ids.clear();
        pairs.encode(piece, ids, workspace);
        CHECK(ids.size() == std::string_view(piece).size());
    }
}

TEST_CASE("merges by rank are all ways to build a token") {
    Vocabulary vocabulary = byte_vocabulary();
    const int ab = vocabulary.add("ab", TokenKind::text);
    const int bc = vocabulary.add("bc", TokenKind::text);
    const int abc = vocabulary.add("abc", TokenKind::text);
    vocabulary.add("ac", TokenKind::special);
    const auto merges = bitnet::merges_by_rank(vocabulary);
    REQUIRE(merges.size() == 4);
    const auto has = [&](int left, int right, int merged) {
        return std::ranges::any_of(merges, [&](const Merge& merge) {
            return merge.left == left && merge.right == right && merge.merged == merged &&
                   merge.rank == static_cast<std::uint32_t>(merged);
        });
    };
    CHECK(has('a', 'b', ab));
    CHECK(has('b', 'c', bc));
    CHECK(has('a', bc, abc));
    CHECK(has(ab, 'c', abc));
}

TEST_CASE("bytes written as printable text") {
    CHECK(bitnet::to_printable(" a\n") ==
          "\xc4\xa0"
          "a\xc4\x8a");
    CHECK(bitnet::to_printable("\xe9\xad\x7f") == "\xc3\xa9\xc5\x83\xc4\xa1");
    std::string all;
    for (int byte = 0; byte < 256; ++byte)
        all += static_cast<char>(byte);
    CHECK(bitnet::from_printable(bitnet::to_printable(all)) == all);
    for (const char* none : {" ", "\n", "\xff", "\xc5\x84", "\xe4\xbd\xa0", "a\xc4"}) {
        CAPTURE(none);
        CHECK_FALSE(bitnet::from_printable(none));
    }
}
