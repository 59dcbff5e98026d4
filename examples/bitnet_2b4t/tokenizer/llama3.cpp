#include "llama3.hpp"

#include <charconv>
#include <cstdint>
#include <optional>
#include <sstream>
#include <stdexcept>

namespace bitnet {
namespace {

std::optional<std::string> from_base64(std::string_view text) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (text.empty() || text.size() % 4 != 0) return std::nullopt;
    text.remove_suffix(text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0);
    std::string bytes;
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const char c : text) {
        const std::size_t digit = digits.find(c);
        if (digit == digits.npos) return std::nullopt;
        bits = bits << 6 | static_cast<std::uint32_t>(digit);
        count += 6;
        if (count < 8) continue;
        count -= 8;
        bytes += static_cast<char>(bits >> count & 0xff);
    }
    return bytes;
}

void add_line(Vocabulary& vocabulary, std::string_view line) {
    const std::size_t space = line.find(' ');
    std::size_t rank = 0;
    if (space != line.npos) {
        const char* end = line.data() + line.size();
        const auto parsed = std::from_chars(line.data() + space + 1, end, rank);
        const auto bytes = from_base64(line.substr(0, space));
        if (bytes && parsed.ec == std::errc() && parsed.ptr == end && rank == vocabulary.size()) {
            vocabulary.add(*bytes, TokenKind::text);
            return;
        }
    }
    const std::string number = std::to_string(vocabulary.size());
    throw std::runtime_error("expected a token in base64 and its rank " + number + " in line " +
                             std::to_string(vocabulary.size() + 1) + ", found something else");
}

}  // namespace

Vocabulary read_tiktoken(std::string_view text) {
    constexpr std::size_t most = 1u << 24;
    Vocabulary vocabulary;
    std::istringstream lines{std::string(text)};
    for (std::string line; std::getline(lines, line);) {
        if (line.ends_with('\r')) line.pop_back();
        if (vocabulary.size() == most) throw std::runtime_error("expected at most 2^24 tokens, found more");
        add_line(vocabulary, line);
    }
    vocabulary.merges = merges_by_rank(vocabulary);
    add_llama3_specials(vocabulary);
    return vocabulary;
}

void add_llama3_specials(Vocabulary& vocabulary) {
    const auto add = [&](const std::string& name) { return vocabulary.add("<|" + name + "|>", TokenKind::special); };
    int number = 0;
    const auto add_reserved = [&](int count) {
        for (int i = 0; i < count; ++i)
            add("reserved_special_token_" + std::to_string(number++));
    };
    vocabulary.bos = add("begin_of_text");
    vocabulary.eos = add("end_of_text");
    add_reserved(4);
    add("start_header_id");
    add("end_header_id");
    add_reserved(1);
    vocabulary.end_of_turn = add("eot_id");
    add_reserved(246);
}

std::vector<Merge> merges_by_rank(const Vocabulary& vocabulary) {
    const TokenIndex index(vocabulary);
    std::vector<Merge> merges;
    for (int id = 0; id < static_cast<int>(vocabulary.size()); ++id) {
        if (vocabulary.kind(id) != TokenKind::text) continue;
        const std::string_view bytes = vocabulary.bytes(id);
        for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
            const int left = index.find(bytes.substr(0, cut));
            const int right = index.find(bytes.substr(cut));
            if (left >= 0 && right >= 0) merges.push_back({left, right, id, static_cast<std::uint32_t>(id)});
        }
    }
    return merges;
}

}  // namespace bitnet
