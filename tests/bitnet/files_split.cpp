// Models that come in several files.
#include <array>
#include <cstdio>
#include <memory>
#include <ternion/distributed/any_communicator.hpp>
#include <ternion/distributed/thread_ranks.hpp>

#include "engine/load_share.hpp"
#include "files/gguf_source.hpp"
#include "files/hugging_face.hpp"
#include "files_fixture.hpp"
#include "gguf_edit.hpp"

using namespace bitnet_tests;
using Catch::Matchers::ContainsSubstring;

namespace {

/// The parts of the golden model as programs split it: all keys in the first one, some of its tensors in each.
std::vector<EditableGguf> split_golden(std::size_t count) {
    const EditableGguf whole(read_text(golden_gguf));
    std::vector<EditableGguf> parts(count, whole);
    for (std::size_t i = 0; i < count; ++i) {
        if (i > 0) parts[i].values.clear();
        parts[i].tensors.clear();
        for (std::size_t t = whole.tensors.size() * i / count; t < whole.tensors.size() * (i + 1) / count; ++t)
            parts[i].tensors.push_back(whole.tensors[t]);
        parts[i].set("split.no", bitnet::GgufType::u16, static_cast<std::uint16_t>(i));
        parts[i].set("split.count", bitnet::GgufType::u16, static_cast<std::uint16_t>(count));
        parts[i].set("split.tensors.count", bitnet::GgufType::i32, static_cast<std::int32_t>(whole.tensors.size()));
    }
    return parts;
}

std::string part_name(std::size_t part, std::size_t count) {
    char name[40];
    std::snprintf(name, sizeof name, "tiny-%05zu-of-%05zu.gguf", part, count);
    return name;
}

void write_parts(const TemporaryFolder& folder, const std::vector<EditableGguf>& parts) {
    for (std::size_t i = 0; i < parts.size(); ++i)
        write_text(folder / part_name(i + 1, parts.size()), parts[i].text());
}

}  // namespace

TEST_CASE("names of the parts of a split model") {
    using Names = std::vector<std::string>;
    CHECK(bitnet::split_names("a/b-00002-of-00003.gguf") ==
          Names{"a/b-00001-of-00003.gguf", "a/b-00002-of-00003.gguf", "a/b-00003-of-00003.gguf"});
    CHECK(bitnet::split_names("-00001-of-00001.gguf") == Names{"-00001-of-00001.gguf"});
    for (const char* name : {"", "model.gguf", "b-00000-of-00003.gguf", "b-00004-of-00003.gguf", "b-1-of-3.gguf",
                             "b-00001-of-00002.GGUF", "b-00001-of-00002.gguf.bak", "b-00001_of-00002.gguf",
                             "b-+0001-of-00002.gguf", "b- 0001-of-00002.gguf", "b-000001-of-00002.gguf"}) {
        INFO(name);
        CHECK(bitnet::split_names(name) == Names{name});
    }
}

TEST_CASE("a split GGUF file is read as a whole, whichever part is named") {
    const TemporaryFolder folder;
    write_parts(folder, split_golden(3));
    const auto whole = bitnet::open_model(golden_gguf);
    for (const std::size_t part : {1, 2, 3}) {
        const auto source = bitnet::open_model(folder / part_name(part, 3));
        CHECK(source->name() == folder / part_name(1, 3));
        CHECK(source->files().size() == 3);
        CHECK(source->config().layers == 3);
        std::size_t tensors = 0;
        for (const auto& tensor : whole->tensors()) {
            INFO(tensor.name);
            if (tensor.kind == bitnet::TensorKind::ternary) {
                CHECK(source->ternary(tensor.name).scale() == whole->ternary(tensor.name).scale());
                const auto a = source->ternary(tensor.name), b = whole->ternary(tensor.name);
                CHECK(std::ranges::equal(a.bytes(), b.bytes()));
            } else {
                CHECK(std::ranges::equal(source->dense(tensor.name).bytes, whole->dense(tensor.name).bytes));
            }
            ++tensors;
        }
        CHECK(tensors == 35);
    }
}

TEST_CASE("a part alone, one that is missing, and parts that don't belong together are refused") {
    const TemporaryFolder folder;
    auto parts = split_golden(2);
    write_text(folder / part_name(1, 2), parts[0].text());
    const auto refused = [&] { return refusal([&] { bitnet::open_model(folder / part_name(1, 2)); }); };
    CHECK_THAT(refused(),
               ContainsSubstring(part_name(2, 2) +
                                 ": expected all of 2 parts of the model in one folder, found no such file"));
    write_text(folder / "other.gguf", parts[0].text());
    CHECK_THAT(refusal([&] { bitnet::open_model(folder / "other.gguf"); }),
               ContainsSubstring("expected a whole model; all parts of a split one, with names such as "
                                 "model-00001-of-00002.gguf in one folder, are read together, found part 1 of 2"));
    write_text(folder / part_name(2, 2), parts[1].text());
    CHECK(refused().empty());
    write_text(folder / part_name(2, 2), parts[0].text());
    CHECK_THAT(refused(), ContainsSubstring(part_name(2, 2) + ": expected part 2 of 2, found part 1 of 2"));
    write_text(folder / part_name(2, 2), split_golden(3)[1].text());
    CHECK_THAT(refused(), ContainsSubstring("expected part 2 of 2, found part 2 of 3"));

    auto twice = parts;
    twice[1].tensors.push_back(parts[0].tensors.back());
    for (EditableGguf& part : twice)
        part.erase("split.tensors.count");
    write_parts(folder, twice);
    CHECK_THAT(refused(), ContainsSubstring("expected each tensor in one part, found \"" +
                                            parts[0].tensors.back().name + "\" twice"));
    auto unknown = parts;
    unknown[1].set("unknown.key", std::uint32_t{1});
    write_parts(folder, unknown);
    CHECK_THAT(refused(), ContainsSubstring(part_name(2, 2) + ": expected no key \"unknown.key\""));
    auto lacking = parts;
    lacking[1].tensors.pop_back();
    write_parts(folder, lacking);
    CHECK_THAT(refused(),
               ContainsSubstring("expected 35 tensors in all parts, as \"split.tensors.count\" says, found 34"));
    for (EditableGguf& part : lacking)
        part.erase("split.tensors.count");
    write_parts(folder, lacking);
    CHECK_THAT(refusal([&] { bitnet::open_model(folder / part_name(1, 2))->dense(parts[1].tensors.back().name); }),
               ContainsSubstring("found none of that name"));
}

TEST_CASE("ranks whose models differ in the last of many files say so") {
    constexpr std::size_t count = 16;
    const TemporaryFolder folders[2];
    const auto parts = split_golden(count);
    for (const TemporaryFolder& folder : folders)
        write_parts(folder, parts);
    std::string other = parts.back().text();
    other.back() ^= 1;
    write_text(folders[1] / part_name(count, count), other);
    std::array<std::string, 2> problems;
    using Rank = ternion::ThreadRanks::Rank;
    ternion::ThreadRanks::run(2, [&](Rank rank) {
        bitnet::LoadOptions options{.threads = 1, .context = 64, .batch = 8, .tokenizer = false};
        options.ranks = std::make_shared<ternion::ErasedCommunicator<Rank>>(rank);
        const std::string name = folders[rank.rank()] / part_name(1, count);
        problems[rank.rank()] = refusal([&] { bitnet::load_share({false, name, options}, 1); });
    });
    for (const std::string& problem : problems)
        CHECK_THAT(problem, ContainsSubstring("rank 1: expected the model of rank 0, 16 files, "));
}

TEST_CASE("later parts of a split model may repeat the first one's metadata, and say nothing else") {
    const TemporaryFolder folder;
    const auto parts = split_golden(2);
    const auto refused = [&](const auto& change) {
        auto changed = parts;
        change(changed[1]);
        write_parts(folder, changed);
        return refusal([&] { bitnet::open_model(folder / part_name(1, 2)); });
    };
    const auto repeat = [&](EditableGguf& part) {
        for (const auto& value : parts[0].values)
            if (!value.key.starts_with("split.")) part.values.push_back(value);
    };
    CHECK(refused(repeat).empty());
    CHECK(refused([](EditableGguf& part) { part.set("general.name", "part 2"); }).empty());
    for (const char* key :
         {"tokenizer.ggml.bos_token_id", "tokenizer.ggml.unknown_token_id", "bitnet-b1.58.block_count"})
        CHECK_THAT(refused([&](EditableGguf& part) { part.set(key, std::uint32_t{7}); }),
                   ContainsSubstring(part_name(2, 2) + ": expected no key \"" + key +
                                     "\" but what the first part says, found the value 7"));
    CHECK_THAT(refused([&](EditableGguf& part) {
                   repeat(part);
                   part.find("tokenizer.ggml.tokens")->bytes.back() ^= 1;
               }),
               ContainsSubstring("no key \"tokenizer.ggml.tokens\""));
}

TEST_CASE("a sharded folder without one of its shards, or with one that isn't beside it, is refused") {
    const std::string golden = TESTS_DIR "/golden/families/llama-separate-hf";
    const TemporaryFolder folder;
    for (const auto& entry : std::filesystem::directory_iterator(golden))
        std::filesystem::copy(entry.path(), folder / entry.path().filename().string());
    const auto refused = [&] { return refusal([&] { bitnet::open_model(folder / ""); }); };
    CHECK(refused().empty());
    CHECK(bitnet::open_model(folder / "")->contains("output.weight"));
    const std::string second = "model-00002-of-00002.safetensors", index = "model.safetensors.index.json";
    std::filesystem::remove(folder / second);
    CHECK_THAT(refused(), ContainsSubstring(second + ": expected this shard of ") &&
                              ContainsSubstring(index + "\", found no such file"));
    std::filesystem::copy(folder / "model-00001-of-00002.safetensors", folder / second);
    CHECK_THAT(refused(),
               ContainsSubstring("expected each tensor in one shard, found \"") && ContainsSubstring("\" twice"));
    write_text(folder / index, R"({"weight_map": {"a": "../a.safetensors"}})");
    CHECK_THAT(refused(), ContainsSubstring("the name of a file beside it for \"a\", found \"../a.safetensors\""));
    write_text(folder / index, R"({"weight_map": {"a": 1}})");
    CHECK_THAT(refused(), ContainsSubstring("the name of a file beside it for \"a\", found 1"));
    for (const char* map : {R"({"weight_map": {}})", R"({"weight_map": []})"}) {
        write_text(folder / index, map);
        CHECK_THAT(refused(), ContainsSubstring("an object in \"weight_map\""));
    }
    write_text(folder / index, "{}");
    CHECK_THAT(refused(), ContainsSubstring("\"weight_map\""));
}
