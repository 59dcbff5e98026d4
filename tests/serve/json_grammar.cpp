#include "serve/json_grammar.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <nlohmann/json.hpp>
#include <random>

#include "serve/api_error.hpp"

namespace {

using namespace bitnet::serve;
using Json = nlohmann::ordered_json;
using Catch::Matchers::ContainsSubstring;

/// Whether a grammar has a text.
bool has(const Grammar& grammar, const std::string& text) {
    GrammarState state(grammar);
    return state.take(text) && state.may_end();
}

bool allows(const char* schema, const std::string& text) {
    return has(*schema_grammar(Json::parse(schema)), text);
}

std::string refusal(const char* schema) {
    try {
        schema_grammar(Json::parse(schema));
    } catch (const ApiError& error) {
        CHECK(error.field() == "response_format");
        CHECK(error.status() == 400);
        return error.what();
    }
    return "nothing";
}

/// A text of the grammar, byte by byte at random; it ends as soon as it may, more likely the longer it is.
std::string random_text(const Grammar& grammar, std::mt19937& random) {
    GrammarState state(grammar);
    std::string text;
    while (!state.must_end() && !(state.may_end() && random() % 4 == 0)) {
        const ByteSet next = state.next();
        REQUIRE(next.any());
        std::size_t byte = random() % 256;
        // Once it is long, what closes is tried first.
        for (const char* closing = "\"}]0"; text.size() > 200 && *closing != 0; ++closing) {
            if (next.test(static_cast<unsigned char>(*closing))) {
                byte = static_cast<unsigned char>(*closing);
                break;
            }
        }
        while (!next.test(byte))
            byte = (byte + 1) % 256;
        text += static_cast<char>(byte);
        REQUIRE(state.take(text.substr(text.size() - 1)));
        REQUIRE(text.size() < 20000);
    }
    return text;
}

TEST_CASE("JSON objects are what the grammar of them has, and nothing else") {
    const auto grammar = json_object_grammar();
    for (const char* good :
         {"{}", "{ }", R"({"a":1})", R"({"a": -0.5e+10, "b": [1, "x", null, true, {}], "c": {"d": ""}})",
          "{\n  \"a\": [\n    1\n  ]\n}", R"({"\u00e9\ud83d\ude00\n": "é😀"})"})
        CHECK(has(*grammar, good));
    for (const char* bad : {"",
                            "[]",
                            "1",
                            "{",
                            R"({"a"})",
                            R"({"a":})",
                            R"({"a":01})",
                            R"({"a":1,})",
                            R"({a:1})",
                            R"({"a":+1})",
                            R"({"a":"\x"})",
                            R"({"a":"\ud83d"})",
                            "{\"a\":\"\n\"}",
                            "{\"a\":\"\xff\"}",
                            "{\"a\":\"\xed\xa0\x80\"}",
                            R"({"a":.5})",
                            R"({"a":1.})",
                            R"({"a":tru})",
                            R"({} )",
                            R"({}{})",
                            R"( {})"})
        CHECK_FALSE(has(*grammar, bad));
}

TEST_CASE("whatever the grammar of JSON allows, a reader of JSON reads") {
    std::mt19937 random(1);
    const auto any = json_object_grammar();
    const auto schema = schema_grammar(Json::parse(
        R"({"type": "object", "properties": {"a": {"type": ["string", "null"]}, "b": {"type": "array", "items": {"$ref": "#"}},
            "c": {"anyOf": [{"type": "number"}, {"enum": [1, "1", {"x": [2]}]}]}}, "required": ["b"]})"));
    for (int round = 0; round < 300; ++round) {
        const std::string free = random_text(*any, random);
        INFO(free);
        CHECK(Json::parse(free).is_object());
        const std::string text = random_text(*schema, random);
        INFO(text);
        const Json json = Json::parse(text);
        CHECK(json.contains("b"));
        CHECK(json["b"].is_array());
    }
}

TEST_CASE("a schema's keywords mean what they say") {
    CHECK(allows(R"({"type": "integer"})", "-12"));
    CHECK_FALSE(allows(R"({"type": "integer"})", "1.5"));
    CHECK(allows(R"({"type": "number"})", "1.5e3"));
    CHECK(allows(R"({"type": "boolean"})", "false"));
    CHECK(allows(R"({"type": ["null", "integer"]})", "null"));
    CHECK(allows(R"({"const": {"a": "b"}})", R"({"a":"b"})"));
    CHECK(allows(R"({"enum": ["a", 1, null]})", "1"));
    CHECK_FALSE(allows(R"({"enum": ["a", 1, null]})", "2"));
    const char* text = R"({"type": "string", "minLength": 2, "maxLength": 3})";
    CHECK(allows(text, "\"\xc3\xa9\\n\""));
    CHECK(allows(text, "\"abc\""));
    CHECK_FALSE(allows(text, "\"a\""));
    CHECK_FALSE(allows(text, "\"abcd\""));
    const char* list = R"({"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 3})";
    CHECK_FALSE(allows(list, "[]"));
    CHECK(allows(list, "[1]"));
    CHECK(allows(list, "[1, 2,3]"));
    CHECK_FALSE(allows(list, "[1,2,3,4]"));
    CHECK(allows(R"({"type": "array", "maxItems": 0})", "[]"));
    CHECK_FALSE(allows(R"({"type": "array", "maxItems": 0})", "[1]"));
    CHECK(allows(R"({"type": "array", "minItems": 2})", "[1,\"x\"]"));
    CHECK(allows("true", "[{}]"));
    CHECK(allows(R"({"description": "anything"})", "3"));
}

TEST_CASE("of enum and const, values of the type alone are left") {
    const char* texts = R"({"type": "string", "enum": ["a", 1, null]})";
    CHECK(allows(texts, "\"a\""));
    CHECK_FALSE(allows(texts, "1"));
    CHECK_FALSE(allows(texts, "null"));
    const char* several = R"({"type": ["integer", "null"], "enum": ["a", 1, 1.5, 2.0, null]})";
    CHECK(allows(several, "1"));
    CHECK(allows(several, "2.0"));
    CHECK(allows(several, "null"));
    CHECK_FALSE(allows(several, "\"a\""));
    CHECK_FALSE(allows(several, "1.5"));
    CHECK(allows(R"({"type": "number", "const": 1})", "1"));
    CHECK(allows(R"({"type": "object", "const": {}})", "{}"));
    CHECK_THAT(refusal(R"({"type": "string", "enum": [1, 2]})"), ContainsSubstring("of the type \"string\""));
    CHECK_THAT(refusal(R"({"type": "integer", "const": 1.5})"), ContainsSubstring("of the type \"integer\""));
    CHECK_THAT(refusal(R"({"type": "text", "const": 1})"), ContainsSubstring("\"text\""));
    CHECK_THAT(refusal(R"({"type": 3, "const": 1})"), ContainsSubstring("3"));
}

TEST_CASE("members of an object come in order, those that are required always, others or not") {
    const char* schema =
        R"({"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}, "c": {"type": "integer"}},
            "required": ["b"], "additionalProperties": false})";
    CHECK(allows(schema, R"({"a":1,"b":2,"c":3})"));
    CHECK(allows(schema, R"({"b":2})"));
    CHECK(allows(schema, R"({"a": 1, "b": 2})"));
    CHECK(allows(schema, R"({"b":2,"c":3})"));
    CHECK_FALSE(allows(schema, R"({})"));
    CHECK_FALSE(allows(schema, R"({"a":1})"));
    CHECK_FALSE(allows(schema, R"({"b":2,"a":1})"));
    CHECK_FALSE(allows(schema, R"({"b":2,"d":1})"));
    CHECK_FALSE(allows(schema, R"({,"b":2})"));
    CHECK_FALSE(allows(schema, R"({"b":2,})"));
    CHECK(allows(R"({"type": "object", "additionalProperties": {"type": "null"}})", R"({"x":null,"y":null})"));
    CHECK_FALSE(allows(R"({"type": "object", "additionalProperties": {"type": "null"}})", R"({"x":1})"));
    CHECK(allows(R"({"type": "object", "additionalProperties": false})", "{}"));
    CHECK_FALSE(allows(R"({"type": "object", "additionalProperties": false})", R"({"x":1})"));
}

TEST_CASE("schemas may refer to each other and to themselves") {
    const char* tree = R"({"$ref": "#/$defs/node", "$defs": {"node": {"type": "object",
        "properties": {"left": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}}, "required": ["left"]}}})";
    CHECK(allows(tree, R"({"left":{"left":{"left":null}}})"));
    CHECK_FALSE(allows(tree, R"({"left":{}})"));
}

TEST_CASE("what isn't supported is refused by name") {
    CHECK_THAT(refusal(R"({"type": "string", "pattern": "a*"})"), ContainsSubstring("\"pattern\""));
    CHECK_THAT(refusal(R"({"type": "integer", "minimum": 3})"), ContainsSubstring("\"minimum\""));
    CHECK_THAT(refusal(R"({"oneOf": [{}]})"), ContainsSubstring("\"oneOf\""));
    CHECK_THAT(refusal(R"({"type": "object", "properties": {"a": {}}, "additionalProperties": {"type": "null"}})"),
               ContainsSubstring("additionalProperties"));
    CHECK_THAT(refusal(R"({"type": "text"})"), ContainsSubstring("\"text\""));
    CHECK_THAT(refusal(R"({"$ref": "#/$defs/none"})"), ContainsSubstring("none"));
    CHECK_THAT(refusal(R"({"anyOf": [{"$ref": "#"}, {"type": "null"}]})"), ContainsSubstring("itself"));
    CHECK_THAT(refusal(R"({"type": "object", "required": ["a"]})"), ContainsSubstring("required"));
    CHECK_THAT(refusal("false"), ContainsSubstring("false"));
    CHECK_THAT(refusal("3"), ContainsSubstring("3"));
    std::string deep = "{}";
    for (int i = 0; i < 70; ++i)
        deep = R"({"type": "array", "items": )" + deep + "}";
    CHECK_THAT(refusal(deep.c_str()), ContainsSubstring("64"));
}

TEST_CASE("ways that meet again don't multiply") {
    const auto grammar = schema_grammar(
        Json::parse(R"({"type": "array", "items": {"anyOf": [{"type": "integer"}, {"type": "number"}, {}]}})"));
    std::string text = "[1";
    for (int i = 0; i < 2000; ++i)
        text += ",1";
    CHECK(has(*grammar, text + "]"));
}

TEST_CASE("ways within each other don't multiply, however deep a text is nested") {
    const auto grammar = schema_grammar(
        Json::parse(R"({"type": "array", "items": {"anyOf": [{"$ref": "#"}, {"$ref": "#"}, {"type": "array"}]}})"));
    const std::size_t depth = 50000;
    GrammarState state(*grammar);
    REQUIRE(state.take(std::string(depth, '[')));
    std::size_t work = 0;
    CHECK(state.after("]", work));
    CHECK(work < 500);
    CHECK(state.take(std::string(depth - 1, ']')));
    CHECK_FALSE(state.may_end());
    CHECK(state.take("]"));
    CHECK(state.may_end());
    CHECK(state.must_end());
}

TEST_CASE("a rule that matched nothing goes on for all that call it") {
    // 0: 1 'x' | 1 2 'y'; 1: nothing | 'a'; 2: 1 'b'
    Grammar grammar;
    const auto byte = [](char c) {
        return Grammar::one_of(bytes_between(static_cast<unsigned char>(c), static_cast<unsigned char>(c)));
    };
    for (int i = 0; i < 3; ++i)
        grammar.add_rule();
    grammar.add(0, {Grammar::match(1), byte('x')});
    grammar.add(0, {Grammar::match(1), Grammar::match(2), byte('y')});
    grammar.add(1, {});
    grammar.add(1, {byte('a')});
    grammar.add(2, {Grammar::match(1), byte('b')});
    for (const char* good : {"x", "ax", "by", "aby", "aaby"})
        CHECK(has(grammar, good));
    for (const char* bad : {"", "a", "b", "aax", "bx", "y", "aaaby"})
        CHECK_FALSE(has(grammar, bad));
}

TEST_CASE("schemas that would fill memory or hold others up are refused") {
    Json values = Json::array();
    for (int i = 0; i < 1001; ++i)
        values.push_back(i);
    CHECK_THAT(refusal(Json{{"enum", values}}.dump().c_str()), ContainsSubstring("1000 values"));
    CHECK_THAT(refusal(Json{{"const", std::string(120000, 'x')}}.dump().c_str()), ContainsSubstring("120000 bytes"));
    CHECK_THAT(refusal(R"({"type": "object", "properties": {"a": {}}, "required": ["a", "a"]})"),
               ContainsSubstring("required"));
}

}  // namespace
