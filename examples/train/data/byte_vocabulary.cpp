#include "byte_vocabulary.hpp"

namespace train {

bitnet::Vocabulary byte_vocabulary() {
    bitnet::Vocabulary vocabulary;
    for (int byte = 0; byte < 256; ++byte) {
        const char c = static_cast<char>(byte);
        vocabulary.add({&c, 1}, bitnet::TokenKind::text);
    }
    add_special_tokens(vocabulary);
    return vocabulary;
}

void add_special_tokens(bitnet::Vocabulary& vocabulary) {
    vocabulary.bos = vocabulary.add("<|begin_of_text|>", bitnet::TokenKind::special);
    vocabulary.eos = vocabulary.add("<|end_of_text|>", bitnet::TokenKind::special);
    vocabulary.end_of_turn = vocabulary.add("<|eot_id|>", bitnet::TokenKind::special);
    vocabulary.of_bitnet = true;
}

}  // namespace train
