#pragma once

#include <algorithm>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "files/declarations.hpp"
#include "golden.hpp"

namespace bitnet_tests {

/// What a changed file does in comparison with the original one.
enum class Effect { refused, other, none };

/// What somebody uses of a model: the bits of its logits, and the two values that other parts of the program go by.
inline std::string result_of(std::unique_ptr<bitnet::ModelSource> source) {
    Loaded model(std::move(source), 1);
    const bitnet::Config& config = model.weights.config;
    std::vector<int> tokens;
    for (std::size_t i = 0; i < 6; ++i)
        tokens.push_back(static_cast<int>(i * 41 % config.vocab));
    const std::vector<float> logits = model.logits(tokens, tokens.size());
    std::string result = std::to_string(config.context) + (config.pooling == bitnet::Pooling::none ? "-" : "p");
    return result.append(reinterpret_cast<const char*>(logits.data()), logits.size() * sizeof(float));
}

/// Counts what changes of files do, and remembers the keys of which a change did something, or nothing.
class Effects {
 public:
    /// `use` gives a text of what the changed file is used for, or refuses it in one line that names `file`.
    template <class Use>
    Effect of(const std::string& key, const std::string& original, const std::string& file, Use use) {
        ++changes;
        std::string result;
        const std::string line = refusal([&] { result = use(); });
        if (line.empty()) {
            const bool same = result == original;
            (same ? without : others).insert(key);
            return same ? Effect::none : Effect::other;
        }
        if (line.find(file) == line.npos) FAIL("not the file's name: " << line);
        ++refused;
        return Effect::refused;
    }

    std::size_t changes = 0, refused = 0;
    std::set<std::string> others, without;
};

/// What became of all changes of one value. A change that does nothing is right where the key is listed as harmless, or
/// where another change does something: values may be rounded.
inline void check_effects(const std::vector<Effect>& effects, bool listed) {
    const auto has = [&](Effect effect) { return std::find(effects.begin(), effects.end(), effect) != effects.end(); };
    CHECK(!effects.empty());
    CHECK((listed || !has(Effect::none) || has(Effect::other)));
    CHECK_FALSE((listed && has(Effect::other)));
}

/// Whether a list allows any value of a key.
inline bool is_listed(std::span<const bitnet::HarmlessKey> harmless, std::string_view key,
                      std::string_view architecture = {}) {
    return std::any_of(harmless.begin(), harmless.end(), [&](const bitnet::HarmlessKey& entry) {
        return entry.value.empty() && bitnet::matches(entry.key, key, architecture);
    });
}

}  // namespace bitnet_tests
