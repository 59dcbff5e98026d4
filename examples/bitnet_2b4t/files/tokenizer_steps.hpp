#pragma once

#include <optional>
#include <string>

#include <program/io/json_file.hpp>
#include "../tokenizer/vocabulary.hpp"

namespace bitnet {

/// What a tokenizer.json does around its model: how it changes text, cuts it, and what it puts around ids.
struct TokenizerSteps {
    bool bytes = false;  // tokens are written in printable bytes ("ByteLevel"); else with U+2581 for spaces
    bool marks = false;  // spaces become U+2581
    bool composed = false;
    SplitPattern split = SplitPattern::none;
    SpacePrefix space_prefix = SpacePrefix::never;
    std::optional<int> bos, eos;  // of the post-processor
};

/// From "normalizer", "pre_tokenizer", "decoder" and "post_processor", each of which may be null. Throws FileError for
/// a step that this program doesn't have.
TokenizerSteps read_tokenizer_steps(const program::Json* normalizer, const program::Json* pre_tokenizer,
                                    const program::Json* decoder, const program::Json* post_processor,
                                    const std::string& file);

}  // namespace bitnet
