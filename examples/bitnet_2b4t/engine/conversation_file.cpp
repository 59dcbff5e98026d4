#include <algorithm>
#include <array>
#include <bitnet/conversation.hpp>
#include <cstdint>
#include <filesystem>
#include <fstream>

#include <program/io/mapped_file.hpp>
#include <program/io/output_file.hpp>
#include "session_state.hpp"

namespace bitnet {

using namespace program;
namespace {

// A saved conversation: the mark, a fingerprint of the model and the KV cache's type, the numbers of tokens in the
// cache, of those that follow them, and of the first of all that are no turn; the tokens; and the cache's blocks as
// they lie in memory.
struct Header {
    std::array<char, 8> mark{'T', 'E', 'R', 'N', 'K', 'V', '0', '3'};
    std::uint64_t model;
    std::uint64_t cache_type;
    std::uint64_t tokens;
    std::uint64_t pending;
    std::uint64_t opening;
};

Header header_of(const SessionState& session, std::size_t opening) {
    return {.model = session.fingerprint(),
            .cache_type = static_cast<std::uint64_t>(session.cache.format().type()),
            .tokens = session.tokens.size(),
            .pending = session.pending.size(),
            .opening = opening};
}

/// What is there and no saved conversation is somebody's work: a model, a letter.
void check_replaceable(const std::string& path) {
    std::error_code ignored;  // what can't be reached can't be replaced either
    if (!std::filesystem::is_regular_file(path, ignored)) return;
    std::string mark(6, ' ');
    std::ifstream(path, std::ios::binary).read(mark.data(), 6);
    if (mark != "TERNKV") throw FileError(path, "a new file or a saved conversation to replace", "another file");
}

}  // namespace

void Conversation::save(const std::string& path) const {
    check_replaceable(path);
    OutputFile file(path);
    const SessionState& session = session_.state();
    const Header header = header_of(session, opening_);
    file.write(std::as_bytes(std::span(&header, 1)));
    for (const std::vector<int>* ids : {&session.tokens, &session.pending})
        file.write(std::as_bytes(std::span(*ids)));
    ternion::AlignedBuffer<std::byte> scratch;
    for (std::size_t i = 0; i < session.cache.blocks(); ++i)
        file.write(session.block(i, scratch));
    file.finish();
}

void Conversation::load(const std::string& path) {
    const auto refuse = [&](std::string_view expected, const auto& found) { throw FileError(path, expected, found); };
    const MappedFile file(path, MappedFile::Mode::read);
    const std::size_t size = file.bytes().size();
    if (size < sizeof(Header)) refuse("a saved conversation", joined(size, " bytes"));
    const auto header = bitnet::load<Header>(file.bytes().data());
    SessionState& session = session_.state();
    const Header own = header_of(session, opening_);
    if (header.mark != own.mark) refuse("a saved conversation", in_quotes(file.text().substr(0, 8)));
    if (header.model != own.model) refuse("a conversation with this model", "one with another");
    if (header.cache_type != own.cache_type)
        throw OtherKvType(FileError(path, "a KV cache of the type in use", "another").what());
    const std::size_t most = session_.model().context();
    if (header.tokens > most || header.pending > most) {
        refuse(joined("at most ", most, " tokens, the context"), std::max(header.tokens, header.pending));
    }
    std::vector<int> tokens(header.tokens + header.pending);
    if (header.opening > tokens.size())
        refuse(joined("an opening of at most ", tokens.size(), " tokens"), header.opening);
    const auto ids = std::as_writable_bytes(std::span(tokens));
    const std::size_t cache_begin = sizeof(Header) + ids.size();
    const std::size_t whole =
        cache_begin + ternion::ceil_div(header.tokens, std::uint64_t{KvCache::block}) * session.block_bytes();
    if (size != whole) refuse(joined(whole, " bytes"), size);
    std::ranges::copy(file.bytes().subspan(sizeof(Header), ids.size()), ids.begin());
    const std::size_t vocab = session_.model().vocabulary_size();
    for (const int token : tokens) {
        if (static_cast<std::size_t>(token) >= vocab) refuse(joined("token ids below ", vocab), token);
    }
    const std::vector<int> pending(tokens.end() - static_cast<std::ptrdiff_t>(header.pending), tokens.end());
    tokens.resize(header.tokens);
    if (!session.restore(std::move(tokens), file.bytes().subspan(cache_begin))) {
        refuse("finite numbers in the KV cache", "NaN or infinity");
    }
    session.pending = pending;
    opening_ = header.opening;
}

}  // namespace bitnet
