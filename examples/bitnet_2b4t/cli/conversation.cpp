#include "conversation.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include <program/io/mapped_file.hpp>
#include <program/io/output_file.hpp>
#include "fingerprint.hpp"

namespace bitnet::cli {

namespace {

// A saved conversation: the mark, a fingerprint of the model and the KV cache's type, the numbers of tokens in the
// cache and of those that follow them, the tokens, and the cache's blocks as they lie in memory.
struct Header {
    std::array<char, 8> mark{'T', 'E', 'R', 'N', 'K', 'V', '0', '2'};
    std::uint64_t model = 0;
    std::uint64_t cache_type = 0;
    std::uint64_t tokens = 0;
    std::uint64_t unfed = 0;
};

std::vector<int> read_tokens(std::span<const std::byte> bytes, const Model& model, const std::string& file) {
    std::vector<int> tokens(bytes.size() / sizeof(int));
    std::memcpy(tokens.data(), bytes.data(), bytes.size());
    for (const int token : tokens) {
        if (token >= 0 && static_cast<std::size_t>(token) < model.config().vocab) continue;
        throw FileError(file, "token ids below " + std::to_string(model.config().vocab), std::to_string(token));
    }
    return tokens;
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

Conversation::Conversation(const Model& model, std::string system)
    : template_(model.tokenizer()), system_(std::move(system)), session_(model) {
    reset();
}

void Conversation::reset() {
    session_.rewind(0);
    unfed_ = template_.opening(system_);
}

Answer Conversation::answer(std::string_view user, Sampler& sampler, int limit,
                            const std::function<void(std::string_view)>& put) {
    std::vector<int> prompt = unfed_;
    const std::vector<int> turn = template_.turn(user);
    prompt.insert(prompt.end(), turn.begin(), turn.end());
    const bool forgetful = make_room(prompt);
    const Answer answer{generate(session_, prompt, sampler, limit, put), forgetful};
    prompts_ += answer.prompt;
    answers_ += answer.generated;
    if (answer.prompt.tokens == 0) {
        if (forgetful) unfed_.assign(prompt.begin(), prompt.end() - static_cast<std::ptrdiff_t>(turn.size()));
        return answer;
    }
    unfed_.clear();
    if (answer.unfed >= 0) unfed_.push_back(answer.unfed);
    unfed_.push_back(template_.end_of_turn());
    return answer;
}

/// Where the context has no room for what is to be read and an answer, drops turns behind the opening, a question with
/// its answer at a time, until a quarter of it is free; what is left is all to be read again. Whether there were any.
bool Conversation::make_room(std::vector<int>& unread) {
    const std::size_t capacity = session_.capacity();
    if (session_.room() >= unread.size() + capacity / 8) return false;
    std::vector<int> tokens = session_.tokens();
    tokens.insert(tokens.end(), unread.begin(), unread.end());
    const std::size_t before = tokens.size();
    const auto opening = static_cast<std::ptrdiff_t>(template_.opening(system_).size());
    while (tokens.size() > capacity - capacity / 4) {
        const auto first = tokens.begin() + opening;
        const auto question = std::find(first, tokens.end(), template_.end_of_turn());
        if (question == tokens.end()) break;
        const auto answer = std::find(question + 1, tokens.end(), template_.end_of_turn());
        if (answer == tokens.end()) break;
        tokens.erase(first, answer + 1);
    }
    if (tokens.size() == before) return false;
    if (tokens.size() > capacity) throw PromptTooLong(session_.model(), capacity, tokens.size());
    session_.rewind(0);
    unread = std::move(tokens);
    return true;
}

void Conversation::save(const std::string& path) const {
    check_replaceable(path);
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
    if (!session_.restore(std::move(tokens), file.bytes().subspan(sizeof(Header) + ids))) {
        refuse("finite numbers in the KV cache", "NaN or infinity");
    }
    unfed_ = std::move(rest);
}

}  // namespace bitnet::cli
