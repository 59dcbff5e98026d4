#define PCRE2_CODE_UNIT_WIDTH 8
#include "text_splitter.hpp"

#include <pcre2.h>

#include <array>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#include <program/io/utf8.hpp>

namespace bitnet {

using namespace program;
namespace {

/// White space is spelt out as Unicode's White_Space: PCRE2's own \s would also take U+180E.
std::string text_of(SplitPattern pattern) {
    const std::string words = R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+)";
    const std::string others = R"(| ?[^\t-\r\x{85}\p{Z}\p{L}\p{N}]+)";
    const std::string lines = R"([\r\n]*|[\t-\r\x{85}\p{Z}]*[\r\n]+)";
    const std::string spaces = R"(|[\t-\r\x{85}\p{Z}]+(?![^\t-\r\x{85}\p{Z}])|[\t-\r\x{85}\p{Z}]+)";
    if (pattern == SplitPattern::gpt2) return R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+)" + others + spaces;
    return words + (pattern == SplitPattern::qwen2 ? R"(|\p{N})" : R"(|\p{N}{1,3})") + others + lines + spaces;
}

using Code = std::shared_ptr<pcre2_code>;

[[noreturn]] void fail(int code) {
    char text[256] = "";
    pcre2_get_error_message(code, reinterpret_cast<PCRE2_UCHAR*>(text), sizeof text);
    throw std::runtime_error(std::string("the text cannot be split: ") + text);
}

Code compiled(SplitPattern pattern) {
    const std::string text = text_of(pattern);
    int error = 0;
    PCRE2_SIZE offset = 0;
    const Code code(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), PCRE2_UTF | PCRE2_UCP, &error,
                                  &offset, nullptr),
                    pcre2_code_free);
    if (!code) fail(error);
    // Where there is no JIT, pcre2_match interprets: slower, with the same result.
    pcre2_jit_compile(code.get(), PCRE2_JIT_COMPLETE);
    return code;
}

}  // namespace

void split_text(std::string_view text, SplitPattern pattern, const std::function<void(std::string_view)>& take) {
    if (pattern == SplitPattern::none) {
        if (!text.empty()) take(text);
        return;
    }
    static const std::array<Code, 3> all = {compiled(SplitPattern::llama3), compiled(SplitPattern::qwen2),
                                            compiled(SplitPattern::gpt2)};
    const pcre2_code* code = all.at(static_cast<std::size_t>(pattern)).get();
    const std::shared_ptr<pcre2_match_data> match(pcre2_match_data_create(1, nullptr), pcre2_match_data_free);
    const std::shared_ptr<pcre2_match_context> context(pcre2_match_context_create(nullptr), pcre2_match_context_free);
    if (!match || !context) throw std::bad_alloc();
    // The patterns backtrack at most once over each run of white space, so long runs need steps but not time.
    pcre2_set_match_limit(context.get(), UINT32_MAX);

    while (!text.empty()) {
        if (const std::size_t broken = utf8_run(text, false); broken != 0) {
            take(text.substr(0, broken));
            text.remove_prefix(broken);
        }
        const std::string_view run = text.substr(0, utf8_run(text, true));
        const auto* subject = reinterpret_cast<PCRE2_SPTR>(run.data());
        for (std::size_t at = 0; at < run.size();) {
            // Checked above: the bytes are UTF-8, and checking again for each piece would take quadratic time.
            const int found =
                pcre2_match(code, subject, run.size(), at, PCRE2_NO_UTF_CHECK, match.get(), context.get());
            if (found < 0) fail(found);
            const std::size_t end = pcre2_get_ovector_pointer(match.get())[1];
            take(run.substr(at, end - at));
            at = end;
        }
        text.remove_prefix(run.size());
    }
}

}  // namespace bitnet
