#include "pooling_file.hpp"

#include <filesystem>

#include <program/io/mapped_file.hpp>
#include "json_keys.hpp"

namespace bitnet {

using namespace program;

Pooling read_pooling(const std::string& folder, Pooling otherwise) {
    const std::string path = folder + "/" + pooling_file;
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) return otherwise;
    const MappedFile file(path, MappedFile::Mode::read);
    const Json json = parse_json_object(file.text(), path);
    JsonKeys keys(json, "", path);
    // In newer files one name, in others a flag for each.
    if (keys.has("pooling_mode")) {
        keys.expect("pooling_mode", "lasttoken");
    } else if (!keys.flag("pooling_mode_lasttoken", false)) {
        keys.refuse("pooling_mode_lasttoken", "true");
    }
    for (const char* other : {"pooling_mode_cls_token", "pooling_mode_mean_tokens", "pooling_mode_max_tokens",
                              "pooling_mode_mean_sqrt_len_tokens", "pooling_mode_weightedmean_tokens"})
        keys.expect(other, false);
    keys.expect("pooling_mode_lasttoken", true);
    // The last token is none of a prompt's, and the model tells how long a vector is.
    keys.ignore({"word_embedding_dimension", "embedding_dimension", "include_prompt"});
    keys.finish();
    return Pooling::last_token;
}

}  // namespace bitnet
