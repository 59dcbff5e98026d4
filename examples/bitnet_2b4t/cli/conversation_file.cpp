#include <array>
#include <cstdint>
#include <cstring>

#include "../files/number_format.hpp"
#include "../files/mapped_file.hpp"
#include "../files/output_file.hpp"
#include "conversation.hpp"

// A saved conversation: the mark, a fingerprint of the model and the KV cache's type, the numbers of tokens in the
// cache and of those that follow them, the tokens, and the cache's blocks as they lie in memory.

namespace bitnet::cli {

namespace {

struct Header {
    std::array<char, 8> mark{'T', 'E', 'R', 'N', 'K', 'V', '0', '1'};
    std::uint64_t model = 0;
    std::uint64_t cache_type = 0;
    std::uint64_t tokens = 0;
    std::uint64_t unfed = 0;
};

/// FNV-1a of what tells models apart: sizes, the last norm, the beginning of the embedding.
std::uint64_t fingerprint(const Model& model) {
    std::uint64_t hash = 0xcbf29ce484222325U;
    const auto add = [&](std::span<const std::byte> bytes) {
        for (const std::byte byte : bytes)
            hash = (hash ^ static_cast<std::uint64_t>(byte)) * 0x100000001b3U;
    };
    const Config& config = model.config();
    const std::array<std::size_t, 6> sizes = {config.layers, config.hidden,   config.ffn,
                                              config.heads,  config.kv_heads, config.vocab};
    add(std::as_bytes(std::span(sizes)));
    add(model.source().dense("output_norm.weight").bytes);
    const auto embedding = model.source().dense("token_embd.weight").bytes;
    add(embedding.first(std::min<std::size_t>(embedding.size(), 65536)));
    return hash;
}

std::vector<int> read_tokens(std::span<const std::byte> bytes, const Model& model, const std::string& file) {
    std::vector<int> tokens(bytes.size() / sizeof(int));
    std::memcpy(tokens.data(), bytes.data(), bytes.size());
    for (const int token : tokens) {
        if (token >= 0 && static_cast<std::size_t>(token) < model.config().vocab) continue;
        throw FileError(file, "token ids below " + std::to_string(model.config().vocab), std::to_string(token));
    }
    return tokens;
}

}  // namespace

void Conversation::save(const std::string& path) const {
    OutputFile file(path);
    const Header header{.model = fingerprint(session_.model()),
                        .cache_type = static_cast<std::uint64_t>(session_.cache().format().type()),
                        .tokens = session_.tokens().size(),
                        .unfed = unfed_.size()};
    file.write(std::as_bytes(std::span(&header, 1)));
    for (const std::vector<int>& ids : {session_.tokens(), unfed_})
        file.write(std::as_bytes(std::span(ids)));
    for (std::size_t i = 0; i < session_.cache().blocks(); ++i)
        file.write(session_.cache().memory(i));
    file.finish();
}

void Conversation::load(const std::string& path) {
    const MappedFile file(path, MappedFile::Mode::read);
    const Model& model = session_.model();
    const auto refuse = [&](const std::string& expected, const std::string& found) {
        throw FileError(path, expected, found);
    };
    const std::size_t size = file.bytes().size();
    const Header expected{.model = fingerprint(model),
                          .cache_type = static_cast<std::uint64_t>(session_.cache().format().type())};
    if (size < sizeof(Header)) refuse("a saved conversation", std::to_string(size) + " bytes");
    const auto header = bitnet::load<Header>(file.bytes().data());
    if (header.mark != expected.mark) refuse("a saved conversation", in_quotes(file.text().substr(0, 8)));
    if (header.model != expected.model) refuse("a conversation with this model", "one with another");
    if (header.cache_type != expected.cache_type) refuse("a KV cache of the type in use (--kv-type)", "another");
    const std::size_t most = session_.capacity();
    if (header.tokens > most || header.unfed > most) {
        refuse("at most " + std::to_string(most) + " tokens, the context", std::to_string(header.tokens));
    }
    const std::size_t kept = static_cast<std::size_t>(header.tokens), unfed = static_cast<std::size_t>(header.unfed);
    const std::size_t ids = (kept + unfed) * sizeof(int);
    const std::size_t whole = sizeof(Header) + ids + session_.cache().bytes_of(kept);
    if (size != whole) refuse(std::to_string(whole) + " bytes", std::to_string(size));
    std::vector<int> tokens = read_tokens(file.bytes().subspan(sizeof(Header), ids), model, path);
    std::vector<int> rest(tokens.begin() + static_cast<std::ptrdiff_t>(kept), tokens.end());
    tokens.resize(kept);
    session_.restore(std::move(tokens), file.bytes().subspan(sizeof(Header) + ids));
    unfed_ = std::move(rest);
}

}  // namespace bitnet::cli
