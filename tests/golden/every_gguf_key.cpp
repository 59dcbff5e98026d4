#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "every_key.hpp"
#include "files/gguf_source.hpp"
#include "files/gguf_vocabulary.hpp"
#include "gguf_edit.hpp"
#include "tokenizer/vocabulary.hpp"

using namespace bitnet_tests;

namespace {

using bitnet::GgufType;
using Value = EditableGguf::Value;
using Strings = std::set<std::string>;

const std::string changed_name = "changed.gguf";

std::unique_ptr<bitnet::ModelSource> open(const EditableGguf& file) {
    return std::make_unique<bitnet::GgufSource>(in_memory(file.text(), changed_name));
}

/// All that are models.
std::vector<std::string> golden_files() {
    std::vector<std::string> files = {golden_gguf};
    for (const std::string& folder : {golden_families, golden_refuse}) {
        for (const auto& entry : std::filesystem::directory_iterator(folder)) {
            const std::string path = entry.path().string();
            if (path.ends_with(".gguf") && refusal([&] { Loaded(path, 1); }).empty()) files.push_back(path);
        }
    }
    std::sort(files.begin(), files.end());
    return files;
}

template <class Number>
void change_number(const Value& value, std::vector<std::string>& results) {
    Number number{};
    std::memcpy(&number, value.bytes.data(), sizeof number);
    const auto twice = static_cast<Number>(2 * number), next = static_cast<Number>(number + 1);
    for (const Number other : {next, twice, Number{}}) {
        if (other == number) continue;
        std::string bytes = value.bytes;
        std::memcpy(bytes.data(), &other, sizeof other);
        results.push_back(bytes);
    }
}

/// The first text gets a letter.
std::string changed_text(const std::string& bytes) {
    std::uint64_t size = 0;
    std::memcpy(&size, bytes.data(), sizeof size);
    GgufBytes changed;
    changed.name(bytes.substr(sizeof size, size) + "x");
    return changed.text + bytes.substr(sizeof size + size);
}

/// Other values of the same type, as bytes; the first element's, in an array.
std::vector<std::string> other_values(const Value& value) {
    std::vector<std::string> results;
    switch (value.type) {
        case GgufType::u32:
            change_number<std::uint32_t>(value, results);
            break;
        case GgufType::i32:
            change_number<std::int32_t>(value, results);
            break;
        case GgufType::f32:
            change_number<float>(value, results);
            break;
        case GgufType::boolean:
            results.push_back(value.bytes);
            results.front().front() ^= 1;
            break;
        case GgufType::text:
            results.push_back(changed_text(value.bytes));
            break;
        default:
            FAIL("a type that this test can't change in " << value.key);
    }
    return results;
}

/// Copies of a file, each with another value of this key.
std::vector<EditableGguf> changes_of(const EditableGguf& file, const std::string& key) {
    std::vector<EditableGguf> changes;
    EditableGguf changed = file;
    for (const std::string& bytes : other_values(*changed.find(key))) {
        changes.push_back(file);
        changes.back().find(key)->bytes = bytes;
    }
    return changes;
}

std::string architecture_of(const EditableGguf& file) {
    return std::string(bitnet::GgufSource(in_memory(file.text())).gguf().text("general.architecture"));
}

/// Keys of any architecture: "%.block_count".
std::string general(std::string key, const std::string& architecture) {
    if (key.starts_with(architecture + ".")) key.replace(0, architecture.size(), "%");
    return key;
}

void append(std::string& to, std::string_view text) {
    to += std::to_string(text.size()) + ":" + std::string(text);
}

/// All that is used of a tokenizer.
std::string printed(const bitnet::Vocabulary& vocabulary) {
    std::string all;
    for (const auto& [bytes, kind] : vocabulary.tokens) {
        append(all, bytes);
        append(all, std::to_string(static_cast<int>(kind)));
    }
    for (const auto& [left, right, merged, rank] : vocabulary.merges)
        for (const long number : {long{left}, long{right}, long{merged}, static_cast<long>(rank)})
            append(all, std::to_string(number));
    for (const float score : vocabulary.scores)
        append(all, std::to_string(score));
    for (const int number :
         {vocabulary.bos, vocabulary.eos, vocabulary.end_of_turn, int{vocabulary.add_bos}, int{vocabulary.add_eos},
          int{vocabulary.whole_pieces}, int{vocabulary.composed}, static_cast<int>(vocabulary.tokenizer),
          static_cast<int>(vocabulary.split), static_cast<int>(vocabulary.space_prefix), int{vocabulary.of_bitnet}})
        append(all, std::to_string(number));
    for (const int id : vocabulary.stops)
        append(all, std::to_string(id));
    append(all, vocabulary.chat_template);
    return all;
}

}  // namespace

TEST_CASE("every key of a GGUF file's metadata has an effect, is refused, or is known to change nothing") {
    Effects all;
    const auto files = golden_files();
    CHECK(files.size() == 21);
    for (const std::string& path : files) {
        const EditableGguf file(read_text(path));
        const std::string architecture = architecture_of(file), original = result_of(open(file));
        for (const Value& value : file.values) {
            INFO(path << ": " << value.key);
            std::vector<Effect> effects;
            for (const EditableGguf& changed : changes_of(file, value.key))
                effects.push_back(all.of(general(value.key, architecture), original, changed_name,
                                         [&] { return result_of(open(changed)); }));
            check_effects(effects, is_listed(bitnet::harmless_gguf_keys(), value.key, architecture) &&
                                       value.key != "general.architecture" && value.key != "general.alignment");
        }
    }
    CHECK(all.others == Strings{"%.attention.layer_norm_rms_epsilon", "%.context_length", "%.pooling_type",
                                "%.rope.freq_base", "%.rope.scale_linear", "%.rope.scaling.factor",
                                "%.rope.scaling.original_context_length"});
    // A factor of 0 stands for 1, and a context longer by one token rounds to the same pairs in YaRN. Logits are a
    // function of ids, whatever the tokenizer.
    std::size_t tokenizer = 0;
    Strings rest;
    for (const std::string& key : all.without)
        key.starts_with("tokenizer.") ? void(++tokenizer) : void(rest.insert(key));
    CHECK(rest == Strings{"%.rope.scaling.factor", "%.rope.scaling.original_context_length", "general.file_type",
                          "general.name"});
    CHECK(tokenizer == 13);
    CHECK(all.changes == 1113);
    CHECK(all.refused == 648);
}

TEST_CASE("every key of a GGUF file may be absent, or is required, or says something else then") {
    Effects effects;
    for (const std::string& path : golden_files()) {
        const EditableGguf file(read_text(path));
        const std::string architecture = architecture_of(file), original = result_of(open(file));
        for (const Value& value : file.values) {
            EditableGguf changed = file;
            effects.of(general(value.key, architecture), original, changed_name,
                       [&] { return result_of(open(changed.erase(value.key))); });
        }
    }
    // These have defaults, which aren't what these files say.
    CHECK(effects.others ==
          Strings{"%.rope.freq_base", "%.rope.scale_linear", "%.rope.scaling.factor", "%.rope.scaling.type"});
    CHECK(effects.changes == 473);
    CHECK(effects.refused == 175);
}

TEST_CASE("keys of a GGUF file that nobody knows are refused") {
    for (const std::string& path : golden_files()) {
        const EditableGguf file(read_text(path));
        const std::string architecture = architecture_of(file);
        for (const std::string& key : {architecture + ".unknown", std::string("unknown.key"), architecture + "unknown",
                                       architecture + ".attention.unknown", architecture + ".rope.scaling.unknown"}) {
            INFO(path << ": " << key);
            EditableGguf changed = file;
            CHECK_THAT(refusal([&] { open(changed.set(key, std::uint32_t{1})); }),
                       Catch::Matchers::ContainsSubstring(key));
        }
    }
}

TEST_CASE("tensors of a GGUF file by other names, unknown ones and missing ones are refused") {
    std::size_t renamed = 0;
    Effects effects;
    for (const std::string& path : golden_files()) {
        const EditableGguf file(read_text(path));
        const std::string original = result_of(open(file));
        for (std::size_t i = 0; i < file.tensors.size(); ++i) {
            INFO(path << ": " << file.tensors[i].name);
            EditableGguf changed = file;
            changed.tensors[i].name += "x";
            CHECK(!refusal([&] { result_of(open(changed)); }).empty());
            ++renamed;
            changed = file;
            changed.tensors.erase(changed.tensors.begin() + static_cast<std::ptrdiff_t>(i));
            effects.of(file.tensors[i].name, original, changed_name, [&] { return result_of(open(changed)); });
        }
        for (const char* name : {"unknown", "blk.0.unknown.weight", "blk.0.attn_q.bias", "blk.0.attn_q.input_scale",
                                 "blk.99.attn_q.weight", "output.bias", "blk.0.attn_q"}) {
            INFO(path << ": " << name);
            EditableGguf changed = file;
            changed.tensors.push_back({name, 0, {1}, std::string(4, '\0')});
            CHECK_THAT(refusal([&] { open(changed); }), Catch::Matchers::ContainsSubstring(name));
        }
    }
    CHECK(renamed == 401);
    CHECK(effects.changes == renamed);
    // Nothing tells that these are missing: the head is the embedding then, RoPE as the keys say, and a matrix has
    // another scale of its own.
    CHECK(effects.others == Strings{"blk.0.attn_k.scale", "blk.0.attn_output.scale", "blk.0.attn_q.scale",
                                    "blk.0.attn_v.scale", "blk.0.ffn_down.scale", "blk.0.ffn_gate.scale",
                                    "blk.0.ffn_up.scale", "output.weight", "rope_freqs.weight"});
    CHECK(effects.without == Strings{});
}

TEST_CASE("every tokenizer key of a GGUF file changes the vocabulary, is refused, or is known to change nothing") {
    std::vector<bitnet::HarmlessKey> harmless;
    for (const std::string_view key : bitnet::harmless_tokenizer_keys())
        harmless.push_back({key, {}});
    Effects all;
    std::size_t tokenizers = 0;
    const auto use = [](const EditableGguf& file) { return printed(open(file)->vocabulary()); };
    for (const std::string& path : golden_files()) {
        const EditableGguf file(read_text(path));
        if (!refusal([&] { use(file); }).empty()) continue;
        ++tokenizers;
        const std::string original = use(file);
        for (const Value& value : file.values) {
            if (!value.key.starts_with("tokenizer.")) continue;
            INFO(path << ": " << value.key);
            std::vector<Effect> effects;
            for (const EditableGguf& changed : changes_of(file, value.key))
                effects.push_back(all.of(value.key, original, changed_name, [&] { return use(changed); }));
            // Some are listed because they are read by their bytes.
            const bool read = std::find(effects.begin(), effects.end(), Effect::other) != effects.end();
            check_effects(effects, !read && is_listed(harmless, value.key));
        }
        EditableGguf changed = file;
        CHECK_THAT(refusal([&] { use(changed.set("tokenizer.ggml.unknown", std::uint32_t{1})); }),
                   Catch::Matchers::ContainsSubstring("tokenizer.ggml.unknown"));
    }
    CHECK(tokenizers == 21);
    CHECK(all.others == Strings{"tokenizer.chat_template", "tokenizer.ggml.add_bos_token",
                                "tokenizer.ggml.add_eos_token", "tokenizer.ggml.bos_token_id",
                                "tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id", "tokenizer.ggml.scores",
                                "tokenizer.ggml.token_type", "tokenizer.ggml.tokens"});
    // Two types of tokens are the same here: unknown and control ones.
    CHECK(all.without == Strings{"tokenizer.ggml.token_type", "tokenizer.ggml.unknown_token_id"});
    CHECK(all.changes == 300);
    CHECK(all.refused == 124);
}

TEST_CASE("keys and tensors that are listed as harmless change nothing, and other values of some are refused") {
    const EditableGguf file(read_text(golden_refuse + "/plain.gguf"));
    const std::string architecture = architecture_of(file), original = result_of(open(file));
    std::size_t any = 0, one = 0;
    const auto effect_of = [&](const EditableGguf& changed) {
        return Effects().of("", original, changed_name, [&] { return result_of(open(changed)); });
    };
    for (const auto& [pattern, value] : bitnet::harmless_gguf_keys()) {
        std::string key(pattern);
        if (key.starts_with('%')) key.replace(0, 1, architecture);
        if (key.ends_with('*')) key.back() = 'x';
        INFO(key << " = " << value);
        EditableGguf changed = file;
        if (value.empty()) {
            CHECK(effect_of(changed.set(key, std::uint32_t{7})) == Effect::none);
            ++any;
            continue;
        }
        ++one;
        const auto set = [&](bool other) {
            changed = file;
            if (value == "true" || value == "false")
                return effect_of(changed.set(key, GgufType::boolean, (value == "true") != other));
            if (value.starts_with('"'))
                return effect_of(changed.set(key, std::string(value.substr(1, value.size() - 2)) + (other ? "x" : "")));
            return effect_of(changed.set(key, static_cast<std::uint32_t>(std::stoul(std::string(value)) + other)));
        };
        CHECK(set(false) == Effect::none);
        CHECK(set(true) == Effect::refused);
    }
    CHECK(any > 5);
    CHECK(one > 10);
    for (const std::string_view pattern : bitnet::harmless_tensors()) {
        EditableGguf changed = file;
        changed.tensors.push_back({"blk.0" + std::string(pattern.substr(1)), 0, {1}, std::string(4, '\1')});
        CHECK(effect_of(changed) == Effect::none);
    }
}

TEST_CASE("keys that no golden file has are read") {
    const EditableGguf file(read_text(golden_refuse + "/plain.gguf"));
    const std::string original = result_of(open(file)), prefix = architecture_of(file) + ".";
    const auto effect_of = [&](const char* key, auto value) {
        EditableGguf changed = file;
        changed.set(prefix + key, value);
        return Effects().of("", original, changed_name, [&] { return result_of(open(changed)); });
    };
    CHECK(effect_of("hidden_activation", "silu") == Effect::other);
    CHECK(effect_of("hidden_activation", "relu2") == Effect::none);
    CHECK(effect_of("hidden_activation", "gelu") == Effect::refused);
    CHECK(effect_of("bitlinear.family", "a4.8") == Effect::other);
    CHECK(effect_of("bitlinear.family", "b1.58") == Effect::none);
    CHECK(effect_of("bitlinear.family", "v3") == Effect::refused);
    CHECK(effect_of("pooling_type", std::uint32_t{3}) == Effect::other);
    CHECK(effect_of("pooling_type", std::uint32_t{0}) == Effect::none);
    CHECK(effect_of("pooling_type", std::uint32_t{1}) == Effect::refused);
    CHECK(effect_of("rope.scaling.type", "none") == Effect::none);
    CHECK(effect_of("rope.scaling.type", "yarn") == Effect::refused);  // lacks what else belongs to it
    CHECK(effect_of("rope.scaling.factor", 4.0F) == Effect::other);
    CHECK(effect_of("rope.scale_linear", 4.0F) == Effect::other);
    CHECK(effect_of("rope.scaling.attn_factor", 4.0F) == Effect::refused);
    CHECK(effect_of("attention.value_length", std::uint32_t{16}) == Effect::none);
    CHECK(effect_of("attention.value_length", std::uint32_t{8}) == Effect::refused);

    EditableGguf yarn(read_text(golden_families + "/qwen3-yarn.gguf"));
    const std::string stretched = result_of(open(yarn));
    const auto effect_of_yarn = [&](const char* key, float value) {
        EditableGguf changed = yarn;
        changed.set(std::string("qwen3.rope.scaling.") + key, value);
        return Effects().of("", stretched, changed_name, [&] { return result_of(open(changed)); });
    };
    CHECK(effect_of_yarn("yarn_beta_fast", 32) == Effect::none);
    CHECK(effect_of_yarn("yarn_beta_fast", 8) == Effect::other);
    CHECK(effect_of_yarn("yarn_beta_slow", 1) == Effect::none);
    CHECK(effect_of_yarn("yarn_beta_slow", 4) == Effect::other);
    CHECK(effect_of_yarn("attn_factor", 1) == Effect::none);
    CHECK(effect_of_yarn("attn_factor", 2) == Effect::other);
    CHECK(effect_of_yarn("yarn_attn_factor", static_cast<float>(0.1 * std::log(4.0) + 1)) == Effect::none);
    CHECK(effect_of_yarn("yarn_attn_factor", 1) == Effect::refused);
    CHECK(effect_of_yarn("yarn_ext_factor", 1) == Effect::none);
    CHECK(effect_of_yarn("yarn_ext_factor", 0) == Effect::refused);
}
