#include "tokenizer_steps.hpp"

#include <program/io/file_error.hpp>
#include "json_keys.hpp"

namespace bitnet {

using namespace program;
namespace {

constexpr const char* mark = "\xe2\x96\x81";

/// Split patterns as files have them, by which they are known.
constexpr struct {
    const char* text;
    SplitPattern pattern;
} known_patterns[] = {
    {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     SplitPattern::llama3},
    {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     SplitPattern::qwen2},
    {R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)", SplitPattern::gpt2},
};

class Reader {
 public:
    Reader(TokenizerSteps& steps, const std::string& file) : steps_(steps), file_(file) {}

    void normalizer(const Json& json) {
        JsonKeys keys(json, "normalizer", file_);
        const std::string type = keys.text("type");
        if (type == "Sequence") {
            each(keys, "normalizers", [&](const Json& one) { normalizer(one); });
        } else if (type == "NFC") {
            steps_.composed = true;
        } else if (type == "Prepend") {
            keys.expect("prepend", mark);
            if (steps_.space_prefix != SpacePrefix::never) keys.refuse("type", "one step that puts a space in front");
            steps_.space_prefix = SpacePrefix::segment;
        } else if (type == "Replace") {
            keys.expect("pattern", Json{{"String", " "}});
            keys.expect("content", mark);
            steps_.marks = true;
        } else {
            keys.refuse("type", "NFC, Prepend, Replace or a Sequence of them");
        }
        keys.finish();
    }

    void pre_tokenizer(const Json& json) {
        JsonKeys keys(json, "pre_tokenizer", file_);
        const std::string type = keys.text("type");
        if (type == "Sequence") {
            each(keys, "pretokenizers", [&](const Json& one) { pre_tokenizer(one); });
        } else if (type == "Split") {
            split(keys);
        } else if (type == "ByteLevel") {
            keys.expect("add_prefix_space", false);
            keys.ignore({"trim_offsets"});
            if (steps_.bytes) keys.refuse("type", "one ByteLevel");
            if (keys.flag("use_regex", true)) cut(keys, "use_regex", SplitPattern::gpt2);
            steps_.bytes = true;
        } else if (type == "Metaspace") {
            metaspace(keys);
        } else {
            keys.refuse("type", "Split, ByteLevel, Metaspace or a Sequence of them");
        }
        keys.finish();
    }

    /// Where spaces and bytes come back, which this program does by the tokens.
    void decoder(const Json& json) {
        JsonKeys keys(json, "decoder", file_);
        const std::string type = keys.text("type");
        if (type == "Sequence") {
            each(keys, "decoders", [&](const Json& one) { decoder(one); });
        } else if (type == "Replace") {
            keys.expect("pattern", Json{{"String", mark}});
            keys.expect("content", " ");
        } else if (type == "Strip") {
            keys.expect("content", " ");
            keys.expect("start", 1);
            keys.expect("stop", 0);
        } else if (type == "Metaspace") {
            keys.expect("replacement", mark);
            keys.ignore({"add_prefix_space", "prepend_scheme", "split"});
        } else if (type == "ByteLevel") {
            keys.ignore({"add_prefix_space", "trim_offsets", "use_regex"});
        } else if (type != "ByteFallback" && type != "Fuse") {
            keys.refuse("type", "ByteLevel, Metaspace, or a Sequence of Replace, ByteFallback, Fuse and Strip");
        }
        keys.finish();
    }

    void post_processor(const Json& json) {
        JsonKeys keys(json, "post_processor", file_);
        const std::string type = keys.text("type");
        if (type == "Sequence") {
            each(keys, "processors", [&](const Json& one) { post_processor(one); });
        } else if (type == "TemplateProcessing") {
            around(keys);
        } else if (type == "ByteLevel") {
            keys.ignore({"add_prefix_space", "trim_offsets", "use_regex"});
        } else {
            keys.refuse("type", "TemplateProcessing, ByteLevel or a Sequence of them");
        }
        keys.finish();
    }

 private:
    template <class Read>
    void each(JsonKeys& keys, const char* key, Read read) {
        if (!keys.at(key).is_array()) keys.refuse(key, "an array");
        for (const Json& one : keys.at(key))
            read(one);
    }

    /// Cutting twice would cut pieces of pieces; and patterns are for text, not for the characters that bytes become.
    void cut(const JsonKeys& keys, const char* key, SplitPattern pattern) {
        if (steps_.bytes) keys.refuse(key, "a pattern in front of ByteLevel");
        if (steps_.split != SplitPattern::none) keys.refuse(key, "one pattern that cuts text");
        steps_.split = pattern;
    }

    void split(JsonKeys& keys) {
        // Either way the pieces are what the pattern finds.
        keys.expect("invert", keys.at("behavior") == "Removed");
        if (keys.at("behavior") != "Removed") keys.expect("behavior", "Isolated");
        for (const auto& [text, pattern] : known_patterns) {
            if (keys.at("pattern") == Json{{"Regex", text}}) return cut(keys, "pattern", pattern);
        }
        keys.refuse("pattern", "the pattern of LLaMA-3, Qwen2 or GPT-2");
    }

    void metaspace(JsonKeys& keys) {
        keys.expect("replacement", mark);
        if (keys.flag("split", true)) keys.refuse("split", "false");
        steps_.marks = true;
        const bool prefix = keys.flag("add_prefix_space", true);
        const std::string scheme = keys.find("prepend_scheme") ? keys.text("prepend_scheme") : "always";
        if (scheme != "always" && scheme != "first" && scheme != "never")
            keys.refuse("prepend_scheme", "\"always\", \"first\" or \"never\"");
        if (prefix && scheme != "never")
            steps_.space_prefix = scheme == "first" ? SpacePrefix::first : SpacePrefix::segment;
    }

    static Json member(const Json& object, const Json& key) {
        const bool there = object.is_object() && key.is_string() && object.contains(key.get<std::string>());
        return there ? object[key.get<std::string>()] : Json();
    }

    /// Special tokens around "A", the text.
    void around(JsonKeys& keys) {
        keys.ignore({"pair"});
        const Json& known = keys.at("special_tokens");
        const char* once = "the text, Sequence \"A\", once";
        bool behind = false;
        each(keys, "single", [&](const Json& piece) {
            if (piece.contains("Sequence")) {
                if (behind || member(piece["Sequence"], "id") != "A") keys.refuse("single", once);
                behind = true;
                return;
            }
            std::optional<int>& place = behind ? steps_.eos : steps_.bos;
            const Json ids = member(member(known, member(member(piece, "SpecialToken"), "id")), "ids");
            const bool one = ids.is_array() && ids.size() == 1 && ids[0].is_number_unsigned() && ids[0] < 1 << 24;
            if (!one || place) keys.refuse("single", "at most one special token on each side of the text");
            place = ids[0].get<int>();
        });
        if (!behind) keys.refuse("single", once);
    }

    TokenizerSteps& steps_;
    const std::string& file_;
};

}  // namespace

TokenizerSteps read_tokenizer_steps(const Json* normalizer, const Json* pre_tokenizer, const Json* decoder,
                                    const Json* post_processor, const std::string& file) {
    TokenizerSteps steps;
    Reader reader(steps, file);
    if (normalizer) reader.normalizer(*normalizer);
    if (pre_tokenizer) reader.pre_tokenizer(*pre_tokenizer);
    if (decoder) reader.decoder(*decoder);
    if (post_processor) reader.post_processor(*post_processor);
    return steps;
}

}  // namespace bitnet
