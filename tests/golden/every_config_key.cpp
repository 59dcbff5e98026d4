#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "every_key.hpp"
#include "files/hugging_face.hpp"
#include "files/safetensors.hpp"

using namespace bitnet_tests;
using nlohmann::json;

namespace {

using Strings = std::set<std::string>;

/// All that are models.
std::vector<std::string> golden_folders() {
    std::vector<std::string> folders = {golden_folder};
    for (const std::string& folder : {golden_families, golden_refuse}) {
        for (const auto& entry : std::filesystem::directory_iterator(folder)) {
            const std::string path = entry.path().string();
            if (entry.is_directory() && refusal([&] { Loaded(path, 1); }).empty()) folders.push_back(path);
        }
    }
    std::sort(folders.begin(), folders.end());
    return folders;
}

json config_of(const std::string& folder) {
    return json::parse(read_text(folder + "/config.json"));
}

std::unique_ptr<bitnet::ModelSource> open(const std::string& folder, const json& config) {
    std::vector<std::unique_ptr<program::MappedFile>> shards;
    for (const std::string& file : bitnet::safetensors_files(folder))
        shards.push_back(std::make_unique<program::MappedFile>(file));
    const auto file = in_memory(config.dump(), folder + "/config.json");
    return std::make_unique<bitnet::HuggingFaceSource>(std::move(shards), *file, folder);
}

std::vector<json> other_values(const json& value) {
    if (value.is_boolean()) return {!value.get<bool>()};
    if (value.is_string()) return {value.get<std::string>() + "x"};
    if (value.is_number_float()) return {2 * value.get<double>(), value.get<double>() + 1, 0.0};
    if (value.is_number()) return {value.get<int>() + 1, 2 * value.get<int>(), 0};
    if (value.is_null()) return {1, "x", true};
    REQUIRE(value.is_array());
    REQUIRE(!value.empty());
    json longer = value;
    longer.push_back(value.back());
    std::vector<json> arrays = {longer};
    for (const json& first : other_values(value.front())) {
        arrays.push_back(value);
        arrays.back().front() = first;
    }
    return arrays;
}

/// Where the values are that aren't objects.
void add_leaves(const json& object, const json::json_pointer& at, std::vector<json::json_pointer>& leaves) {
    for (const auto& [key, value] : object.items())
        value.is_object() ? add_leaves(value, at / key, leaves) : leaves.push_back(at / key);
}

std::vector<json::json_pointer> leaves_of(const json& config) {
    std::vector<json::json_pointer> leaves;
    add_leaves(config, json::json_pointer(), leaves);
    return leaves;
}

/// "rope_scaling.factor"
std::string name_of(const json::json_pointer& leaf) {
    std::string name = leaf.to_string().substr(1);
    std::replace(name.begin(), name.end(), '/', '.');
    return name;
}

/// A model.safetensors with another header over the same data.
template <class Change>
std::string with_header(const std::string& file, Change change) {
    std::uint64_t size = 0;
    std::memcpy(&size, file.data(), sizeof size);
    json header = json::parse(file.substr(sizeof size, size));
    change(header);
    GgufBytes bytes;
    bytes.name(header.dump());
    return bytes.text + file.substr(sizeof size + size);
}

/// The same with another tensor, which has a copy of one's data.
std::string with_copy(const std::string& file, const std::string& name, const std::string& of) {
    std::uint64_t size = 0;
    std::memcpy(&size, file.data(), sizeof size);
    const std::string data = file.substr(sizeof size + size);
    std::string copy;
    const std::string changed = with_header(file, [&](json& header) {
        const auto [begin, end] = header.at(of).at("data_offsets").get<std::pair<std::size_t, std::size_t>>();
        copy = data.substr(begin, end - begin);
        header[name] = header[of];
        header[name]["data_offsets"] = {data.size(), data.size() + copy.size()};
    });
    return changed + copy;
}

}  // namespace

TEST_CASE("every key of a config.json has an effect, is refused, or is known to change nothing") {
    Effects all;
    const auto folders = golden_folders();
    CHECK(folders.size() == 15);
    for (const std::string& folder : folders) {
        const json config = config_of(folder);
        const std::string original = result_of(open(folder, config));
        for (const auto& leaf : leaves_of(config)) {
            INFO(folder << ": " << leaf);
            std::vector<Effect> effects;
            for (const json& value : other_values(config.at(leaf))) {
                json changed = config;
                changed.at(leaf) = value;
                effects.push_back(
                    all.of(name_of(leaf), original, folder, [&] { return result_of(open(folder, changed)); }));
            }
            check_effects(effects, is_listed(bitnet::harmless_config_keys(), name_of(leaf)));
        }
    }
    CHECK(all.others == Strings{"max_position_embeddings", "rms_norm_eps", "rope_parameters.factor",
                                "rope_parameters.rope_theta", "rope_scaling.factor", "rope_scaling.high_freq_factor",
                                "rope_scaling.low_freq_factor", "rope_scaling.original_max_position_embeddings",
                                "rope_theta"});
    // A context longer by one token rounds to the same pairs in YaRN.
    CHECK(all.without == Strings{"bos_token_id", "eos_token_id", "pad_token_id",
                                 "rope_scaling.original_max_position_embeddings", "torch_dtype"});
    CHECK(all.changes == 690);
    CHECK(all.refused == 476);
}

TEST_CASE("every key of a config.json may be absent, or is required, or says something else then") {
    Effects effects;
    for (const std::string& folder : golden_folders()) {
        const json config = config_of(folder);
        const std::string original = result_of(open(folder, config));
        for (const auto& leaf : leaves_of(config)) {
            json absent = config, null = config;
            absent.at(leaf.parent_pointer()).erase(leaf.back());
            null.at(leaf) = nullptr;
            const Effect effect =
                effects.of(name_of(leaf), original, folder, [&] { return result_of(open(folder, absent)); });
            INFO(folder << ": " << leaf);
            CHECK(effects.of(name_of(leaf), original, folder, [&] { return result_of(open(folder, null)); }) == effect);
        }
    }
    // These have defaults, which aren't what these files say.
    CHECK(effects.others == Strings{"hidden_act", "quantization_config.linear_class",
                                    "rope_scaling.original_max_position_embeddings", "rope_theta"});
    CHECK(effects.changes == 614);
    CHECK(effects.refused == 324);
}

TEST_CASE("keys of a config.json that nobody knows are refused") {
    for (const std::string& folder : golden_folders()) {
        for (const char* key : {"/unknown", "/hidden_sizes", "/quantization_config/unknown", "/rope_scaling/unknown",
                                "/unknown/inside", "/rope_scaling/unknown/inside"}) {
            json config = config_of(folder);
            const json::json_pointer at(key);
            json& parent = config[at.parent_pointer()];
            if (parent.is_null()) parent = json::object();
            config[at] = 1;
            INFO(folder << ": " << key);
            CHECK(!refusal([&] { open(folder, config); }).empty());
        }
        json config = config_of(folder);
        config["unknown"] = 1;
        CHECK_THAT(refusal([&] { open(folder, config); }), Catch::Matchers::ContainsSubstring("\"unknown\""));
    }
}

TEST_CASE("tensors of a Hugging Face folder by other names, unknown ones and missing ones are refused") {
    std::size_t renamed = 0;
    Effects effects;
    for (const std::string& folder : golden_folders()) {
        const json config = config_of(folder);
        const std::string original = result_of(open(folder, config));
        const auto files = bitnet::safetensors_files(folder);
        /// The model with one shard in another form.
        const auto open_with = [&](const std::string& shard, const std::string& text) {
            std::vector<std::unique_ptr<program::MappedFile>> shards;
            for (const std::string& file : files)
                shards.push_back(file == shard ? in_memory(text, file) : std::make_unique<program::MappedFile>(file));
            const auto file = in_memory(config.dump(), folder + "/config.json");
            return std::make_unique<bitnet::HuggingFaceSource>(std::move(shards), *file, folder);
        };
        for (const std::string& shard : files) {
            const std::string text = read_text(shard);
            std::vector<std::string> names;
            with_header(text, [&](const json& header) {
                for (const auto& [name, tensor] : header.items())
                    if (name != "__metadata__") names.push_back(name);
            });
            for (const std::string& name : names) {
                INFO(folder << ": " << name);
                const std::string other = with_header(text, [&](json& header) {
                    header[name + "x"] = header[name];
                    header.erase(name);
                });
                CHECK(!refusal([&] { result_of(open_with(shard, other)); }).empty());
                ++renamed;
                const std::string less = with_header(text, [&](json& header) { header.erase(name); });
                effects.of(name, original, folder, [&] { return result_of(open_with(shard, less)); });
            }
            for (const char* name :
                 {"unknown", "model.layers.0.self_attn.q_proj.bias", "model.layers.99.input_layernorm.weight",
                  "lm_head.bias", "model.layers.0.self_attn.q_proj.weight_scales"}) {
                INFO(folder << ": " << name);
                const std::string more = with_header(text, [&](json& header) { header[name] = header[names.front()]; });
                CHECK_THAT(refusal([&] { open_with(shard, more); }), Catch::Matchers::ContainsSubstring(name));
            }
        }
    }
    CHECK(renamed == 387);
    CHECK(effects.others == Strings{});
    CHECK(effects.without == Strings{});
    CHECK(effects.changes == renamed);
}

TEST_CASE("keys and tensors that are listed as harmless change nothing in a folder") {
    const std::string folder = golden_refuse + "/plain-hf";
    const json config = config_of(folder);
    const std::string original = result_of(open(folder, config));
    std::size_t any = 0, one = 0;
    for (const auto& [pattern, value] : bitnet::harmless_config_keys()) {
        std::string key = "/" + std::string(pattern);
        std::replace(key.begin(), key.end(), '.', '/');
        if (key.ends_with('*')) key.back() = 'x';
        INFO(key << " = " << value);
        const auto effect_of = [&](const json& set) {
            json changed = config;
            changed[json::json_pointer(key)] = set;
            return Effects().of("", original, folder, [&] { return result_of(open(folder, changed)); });
        };
        if (value.empty()) {
            CHECK(effect_of(7) == Effect::none);
            ++any;
            continue;
        }
        CHECK(effect_of(json::parse(value)) == Effect::none);
        CHECK(effect_of("x") == Effect::refused);
        ++one;
    }
    CHECK(any > 90);
    CHECK(one > 20);
    // A head that repeats the embedding, and what RoPE's frequencies were once saved as.
    const std::string file = read_text(folder + "/model.safetensors");
    for (const auto& [name, as] : {std::pair("lm_head.weight", "model.embed_tokens.weight"),
                                   {"model.layers.0.self_attn.rotary_emb.inv_freq", "model.norm.weight"},
                                   {"lm_head.weight", "model.layers.0.mlp.down_proj.weight"}}) {
        INFO(name << " like " << as);
        const std::string more = with_copy(file, name, as);
        const auto open_more = [&] {
            const auto config_file = in_memory(config.dump(), folder + "/config.json");
            return std::make_unique<bitnet::HuggingFaceSource>(in_memory(more, folder + "/model.safetensors"),
                                                               *config_file, folder);
        };
        const Effect effect = Effects().of("", original, folder, [&] { return result_of(open_more()); });
        CHECK(effect == (std::string(as).ends_with("down_proj.weight") ? Effect::refused : Effect::none));
    }
}

TEST_CASE("keys that no golden folder has are read") {
    const auto effect_of = [](const std::string& folder, const json& patch) {
        const json config = config_of(folder);
        json changed = config;
        changed.merge_patch(patch);
        return Effects().of("", result_of(open(folder, config)), folder,
                            [&] { return result_of(open(folder, changed)); });
    };
    const std::string plain = golden_refuse + "/plain-hf", yarn = golden_families + "/qwen3-yarn-hf";
    CHECK(effect_of(plain, {{"rope_scaling", {{"type", "linear"}, {"factor", 2.0}}}}) == Effect::other);
    CHECK(effect_of(plain, {{"rope_scaling", {{"rope_type", "default"}}}}) == Effect::none);
    CHECK(effect_of(plain, {{"rope_scaling", {{"rope_type", "linear"}, {"type", "yarn"}, {"factor", 2.0}}}}) ==
          Effect::refused);
    CHECK(effect_of(plain, {{"rope_scaling", {{"factor", 2.0}}}}) == Effect::refused);
    CHECK(effect_of(plain, {{"rope_scaling", json::object()}, {"rope_parameters", {{"rope_theta", 500000.0}}}}) ==
          Effect::refused);
    CHECK(effect_of(plain, {{"rope_parameters", {{"rope_theta", 500000.0}}}}) == Effect::none);
    CHECK(effect_of(plain, {{"rope_parameters", {{"rope_theta", 10000.0}}}}) == Effect::refused);  // the other differs
    CHECK(effect_of(plain, {{"rope_theta", nullptr}, {"rope_parameters", {{"rope_theta", 10000.0}}}}) == Effect::other);
    CHECK(effect_of(plain, {{"use_sliding_window", true}}) == Effect::refused);
    CHECK(effect_of(plain, {{"layer_types", {"full_attention"}}}) == Effect::none);
    CHECK(effect_of(plain, {{"layer_types", {"sliding_attention"}}}) == Effect::refused);
    CHECK(effect_of(plain, {{"quantization_config", {{"modules_to_not_convert", {"lm_head"}}}}}) == Effect::none);
    CHECK(effect_of(plain, {{"quantization_config", {{"modules_to_not_convert", {"q_proj"}}}}}) == Effect::refused);
    CHECK(effect_of(plain, {{"quantization_config", {{"use_rms_norm", true}}}}) == Effect::refused);
    CHECK(effect_of(plain, {{"quantization_config", {{"use_rms_norm", false}, {"rms_norm_eps", 7}}}}) == Effect::none);
    CHECK(effect_of(plain, {{"quantization_config", {{"linear_class", "bitlinear"}}}}) == Effect::other);
    CHECK(effect_of(plain, {{"quantization_config", {{"quant_method", "gptq"}}}}) == Effect::refused);
    for (const auto& [key, same, other] : {std::tuple("beta_fast", 32.0, 8.0),
                                           {"beta_slow", 1.0, 4.0},
                                           {"attention_factor", 0.1 * std::log(4.0) + 1, 1.0}}) {
        INFO(key);
        CHECK(effect_of(yarn, {{"rope_scaling", {{key, same}}}}) == Effect::none);
        CHECK(effect_of(yarn, {{"rope_scaling", {{key, other}}}}) == Effect::other);
    }
    CHECK(effect_of(yarn, {{"rope_scaling", {{"truncate", false}}}}) == Effect::refused);
    CHECK(effect_of(yarn, {{"rope_scaling", {{"mscale", 2.0}}}}) == Effect::refused);
    CHECK(effect_of(yarn, {{"original_max_position_embeddings", 512}}) == Effect::none);
    CHECK(effect_of(yarn, {{"original_max_position_embeddings", 1024}}) == Effect::refused);
}
