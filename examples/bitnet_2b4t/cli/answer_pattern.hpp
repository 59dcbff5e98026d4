#pragma once

#include <memory>
#include <string>
#include <string_view>

struct pcre2_real_code_8;

namespace bitnet::cli {

/// A regular expression, as Perl and PCRE2 have them, that takes an answer out of a text. Texts are bytes to it: they
/// needn't be UTF-8, and a full stop is one byte. How long a text is costs memory, but no stack.
class AnswerPattern {
 public:
    /// Throws std::runtime_error, which says what is wrong with the pattern and where, for what is none.
    explicit AnswerPattern(const std::string& pattern);

    /// What is found first: its first group, or all of it. Empty where nothing is found. Throws std::runtime_error
    /// where the search takes too many steps.
    std::string taken_from(std::string_view text) const;

 private:
    std::string pattern_;
    std::shared_ptr<pcre2_real_code_8> code_;
};

}  // namespace bitnet::cli
