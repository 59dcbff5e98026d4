#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bitnet {

/// What a file says of its model beside the numbers: a key of a GGUF file's metadata or of a config.json (nested ones
/// with dots between), its value as text, and whether the reader asked for it.
struct Declaration {
    std::string key, value;
    bool used = false;
};

/// A key that changes no number. `%` stands for the architecture, a `*` at the end for whatever follows. An empty value
/// means that none has an effect; otherwise this one has none, and another is refused.
struct HarmlessKey {
    std::string_view key, value;
};

/// The lists that docs/models.md has. They are made from what the programs write that make such files.
std::span<const HarmlessKey> harmless_gguf_keys();
std::span<const HarmlessKey> harmless_config_keys();
/// Tensors that repeat what the configuration says; a `*` at the beginning stands for whatever is in front.
std::span<const std::string_view> harmless_tensors();
bool is_harmless_tensor(std::string_view name);

/// Whether the name is one that the pattern stands for.
bool matches(std::string_view pattern, std::string_view name, std::string_view architecture = {});

/// Throws FileError for the first declaration that nobody used and that may change numbers: what a reader doesn't know
/// is never passed over.
void check_declarations(std::span<const Declaration> declarations, std::span<const HarmlessKey> harmless,
                        std::string_view architecture, const std::string& file);

}  // namespace bitnet
