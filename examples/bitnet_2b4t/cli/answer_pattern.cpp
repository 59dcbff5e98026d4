#define PCRE2_CODE_UNIT_WIDTH 8
#include "answer_pattern.hpp"

#include <pcre2.h>

#include <new>
#include <program/io/file_error.hpp>
#include <stdexcept>

namespace bitnet::cli {

namespace {

std::string message_of(int error) {
    char text[256] = "";
    pcre2_get_error_message(error, reinterpret_cast<PCRE2_UCHAR*>(text), sizeof text);
    return text;
}

PCRE2_SPTR units_of(std::string_view text) {
    return reinterpret_cast<PCRE2_SPTR>(text.data());
}

}  // namespace

AnswerPattern::AnswerPattern(const std::string& pattern) : pattern_(pattern) {
    int error = 0;
    PCRE2_SIZE at = 0;
    code_ = {pcre2_compile(units_of(pattern), pattern.size(), 0, &error, &at, nullptr), pcre2_code_free};
    if (code_) return;
    throw std::runtime_error(program::joined("expected a regular expression, found ", program::in_quotes(pattern), ": ",
                                             message_of(error), " behind byte ", at));
}

std::string AnswerPattern::taken_from(std::string_view text) const {
    const std::shared_ptr<pcre2_match_data> match(pcre2_match_data_create_from_pattern(code_.get(), nullptr),
                                                  pcre2_match_data_free);
    if (!match) throw std::bad_alloc();
    const int found = pcre2_match(code_.get(), units_of(text), text.size(), 0, 0, match.get(), nullptr);
    if (found == PCRE2_ERROR_NOMATCH) return "";
    if (found < 0)
        throw std::runtime_error(program::joined("expected a regular expression that is soon found or not, found ",
                                                 program::in_quotes(pattern_), ": ", message_of(found)));
    const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(match.get());
    const std::size_t group = pcre2_get_ovector_count(match.get()) > 1 ? 1 : 0;
    if (ends[2 * group] == PCRE2_UNSET) return "";
    return std::string(text.substr(ends[2 * group], ends[2 * group + 1] - ends[2 * group]));
}

}  // namespace bitnet::cli
