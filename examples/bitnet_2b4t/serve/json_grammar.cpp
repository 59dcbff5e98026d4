#include "json_grammar.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "api_error.hpp"
#include "json_fields.hpp"
#include "json_rules.hpp"

namespace bitnet::serve {
namespace {

using Sequence = Grammar::Sequence;

/// Keywords that don't change which texts are valid.
constexpr std::array annotations = {"title",    "description", "default",  "examples",  "$schema", "$id",
                                    "$comment", "deprecated",  "readOnly", "writeOnly", "$defs",   "definitions"};

[[noreturn]] void refuse(const std::string& what) {
    throw ApiError("'response_format': " + what, "response_format");
}

/// Turns a schema into rules.
class SchemaRules {
 public:
    SchemaRules(Grammar& grammar, const Json& root) : grammar_(grammar), json_(grammar), root_(root) {
        grammar.add(0, {Grammar::match(rule_of(root))});
    }

 private:
    static constexpr std::uint32_t most_repeats = 100000;
    /// Of all names and values together, which a grammar holds byte by byte.
    static constexpr std::size_t most_text = 120000, most_values = 1000;

    std::size_t rule_of(const Json& schema) {
        if (schema == true) return json_.value;
        if (!schema.is_object()) refuse("expected a schema, found " + short_text(schema));
        if (++depth_ > 64) refuse("expected at most 64 schemas within each other, found more");
        if (++count_ > 5000) refuse("expected at most 5000 schemas, found more");
        const std::size_t rule = rule_of_object(schema);
        --depth_;
        return rule;
    }

    std::size_t rule_of_object(const Json& schema) {
        if (schema.contains("$ref")) {
            check_keywords(schema, {"$ref"});
            return referred(schema["$ref"]);
        }
        if (schema.contains("const")) return one_of(schema, "const", Json::array({schema["const"]}));
        if (schema.contains("enum")) return one_of(schema, "enum", schema["enum"]);
        if (schema.contains("anyOf")) return any_of(schema);
        if (!schema.contains("type")) {
            if (schema.contains("properties")) return object(schema);
            check_keywords(schema, {});
            return json_.value;
        }
        const std::vector<std::string> types = types_of(schema["type"]);
        if (types.size() == 1) return typed(schema, types[0], schema["type"].is_array());
        const std::size_t rule = grammar_.add_rule();
        for (const std::string& type : types)
            grammar_.add(rule, {Grammar::match(typed(schema, type, true))});
        return rule;
    }

    /// The names of one type or several.
    static std::vector<std::string> types_of(const Json& type) {
        constexpr std::array known = {"object", "array", "string", "integer", "number", "null", "boolean"};
        const Json list = type.is_array() ? type : Json::array({type});
        if (list.empty()) refuse("expected a type, found " + short_text(type));
        std::vector<std::string> types;
        for (const Json& one : list) {
            if (std::ranges::none_of(known, [&](const char* name) { return one == name; }))
                refuse("expected a type that JSON has, found " + short_text(one));
            types.push_back(one.get<std::string>());
        }
        return types;
    }

    static bool has_type(const Json& value, const std::string& type) {
        if (type != "integer") return type == value.type_name();
        return value.is_number_integer() ||
               (value.is_number_float() && std::trunc(value.get<double>()) == value.get<double>());
    }

    std::size_t referred(const Json& reference) {
        if (!reference.is_string()) refuse("expected a text after $ref, found " + short_text(reference));
        const auto name = reference.get<std::string>();
        if (const auto known = references_.find(name); known != references_.end()) return known->second;
        const Json* target = name == "#" ? &root_ : nullptr;
        for (const std::string_view folder : {"$defs", "definitions"}) {
            const std::string prefix = "#/" + std::string(folder) + "/";
            if (!name.starts_with(prefix) || !root_.contains(folder) || !root_[folder].is_object()) continue;
            const auto found = root_[folder].find(name.substr(prefix.size()));
            if (found != root_[folder].end()) target = &*found;
        }
        if (target == nullptr) refuse("expected a $ref to one of the $defs, found " + short_text(reference));
        // Known before it is made, because it may lead back to itself.
        const std::size_t rule = grammar_.add_rule();
        references_[name] = rule;
        if (target->is_object() && target->contains("$ref")) refuse("expected no $ref behind a $ref");
        grammar_.add(rule, {Grammar::match(rule_of(*target))});
        return rule;
    }

    /// A name or a value as JSON writes it.
    Sequence text(const Json& json) {
        const std::string bytes = json.dump();
        text_ += bytes.size();
        if (text_ > most_text) refuse("expected names and values of at most 120000 bytes in all, found more");
        return JsonRules::text(bytes);
    }

    /// Of the values of a keyword, those that have the schema's type, where it says one.
    std::size_t one_of(const Json& schema, const char* keyword, const Json& values) {
        check_keywords(schema, {keyword, "type"});
        if (!values.is_array() || values.empty()) refuse("expected values in enum, found " + short_text(values));
        values_ += values.size();
        if (values_ > most_values) refuse("expected at most 1000 values in enums, found more");
        const bool any_type = !schema.contains("type");
        const std::vector<std::string> types = any_type ? std::vector<std::string>() : types_of(schema["type"]);
        std::vector<Sequence> texts;
        for (const Json& value : values) {
            const auto is_of = [&](const std::string& type) { return has_type(value, type); };
            if (any_type || std::ranges::any_of(types, is_of)) texts.push_back(text(value));
        }
        if (texts.empty()) {
            refuse(std::string("expected a value in ") + keyword + " of the type " + short_text(schema["type"]) +
                   ", found " + short_text(schema[keyword]));
        }
        return grammar_.add_rule(std::move(texts));
    }

    std::size_t any_of(const Json& schema) {
        check_keywords(schema, {"anyOf"});
        const Json& choices = schema["anyOf"];
        if (!choices.is_array() || choices.empty()) refuse("expected schemas in anyOf, found " + short_text(choices));
        const std::size_t rule = grammar_.add_rule();
        for (const Json& one : choices)
            grammar_.add(rule, {Grammar::match(rule_of(one))});
        return rule;
    }

    /// One of several types ignores the keywords of the others.
    std::size_t typed(const Json& schema, const std::string& type, bool one_of_several = false) {
        const auto check = [&](std::initializer_list<std::string_view> known) {
            if (!one_of_several) return check_keywords(schema, known);
            check_keywords(schema, {"type", "minLength", "maxLength", "properties", "required", "additionalProperties",
                                    "items", "minItems", "maxItems"});
        };
        if (type == "object") return check({"type", "properties", "required", "additionalProperties"}), object(schema);
        if (type == "array") return check({"type", "items", "minItems", "maxItems"}), array(schema);
        if (type == "string") return check({"type", "minLength", "maxLength"}), string(schema);
        check({"type"});
        if (type == "integer") return json_.integer;
        if (type == "number") return json_.number;
        if (type == "null") return grammar_.add_rule({JsonRules::text("null")});
        return grammar_.add_rule({JsonRules::text("true"), JsonRules::text("false")});  // boolean
    }

    std::size_t string(const Json& schema) {
        const std::uint32_t least = bound(schema, "minLength", 0);
        const std::uint32_t most = bound(schema, "maxLength", Grammar::unlimited);
        if (least > most) refuse("expected a minLength of at most maxLength");
        return grammar_.add_rule({JsonRules::sequence({'"', Grammar::match(json_.character, least, most), '"'})});
    }

    std::size_t array(const Json& schema) {
        const std::uint32_t least = bound(schema, "minItems", 0);
        const std::uint32_t most = bound(schema, "maxItems", Grammar::unlimited);
        if (least > most) refuse("expected minItems of at most maxItems");
        const std::size_t item = schema.contains("items") ? rule_of(schema["items"]) : json_.value;
        return grammar_.add_rule({json_.list(item, least, most)});
    }

    std::size_t object(const Json& schema) {
        static const Json none = Json::object();
        const Json& members = schema.contains("properties") ? schema["properties"] : none;
        if (!members.is_object()) refuse("expected an object in properties, found " + short_text(members));
        const Json required = schema.value("required", Json::array());
        if (!required.is_array()) refuse("expected a list in required, found " + short_text(required));
        if (required.size() > members.size()) refuse("expected no more required members than properties, found more");
        for (const Json& name : required) {
            if (!name.is_string() || !members.contains(name.get<std::string>()))
                refuse("expected required members to be among properties, found " + short_text(name));
        }
        const Json others = schema.value("additionalProperties", Json(true));
        if (!members.empty()) {
            if (others.is_object()) refuse("additionalProperties with a schema isn't supported beside properties");
            return members_in_order(members, required);
        }
        if (others == false) return grammar_.add_rule({JsonRules::sequence({'{', json_.gap(), '}'})});
        return grammar_.add_rule({json_.map(rule_of(others))});
    }

    /// Rules for what follows member i, with a comma before the next member and without: from the last to the first.
    std::size_t members_in_order(const Json& members, const Json& required) {
        std::size_t first = grammar_.add_rule({{}}), later = grammar_.add_rule({{}});
        std::vector<std::pair<std::string, const Json*>> all;
        for (const auto& [name, schema] : members.items())
            all.emplace_back(name, &schema);
        for (auto member = all.rbegin(); member != all.rend(); ++member) {
            Sequence text = this->text(Json(member->first));
            const Grammar::Element rest[] = {json_.gap(), JsonRules::Part(':'),
                                             json_.gap(), Grammar::match(rule_of(*member->second)),
                                             json_.gap(), Grammar::match(later)};
            text.insert(text.end(), std::begin(rest), std::end(rest));
            const std::size_t here = grammar_.add_rule({text});
            const std::size_t with_comma =
                grammar_.add_rule({JsonRules::sequence({',', json_.gap(), Grammar::match(here)})});
            const bool needed = std::ranges::find(required, Json(member->first)) != required.end();
            std::vector<Sequence> begins = {{Grammar::match(here)}}, goes_on = {{Grammar::match(with_comma)}};
            if (!needed) {
                begins.push_back({Grammar::match(first)});
                goes_on.push_back({Grammar::match(later)});
            }
            first = grammar_.add_rule(std::move(begins));
            later = grammar_.add_rule(std::move(goes_on));
        }
        return grammar_.add_rule({JsonRules::sequence({'{', json_.gap(), Grammar::match(first), '}'})});
    }

    static std::uint32_t bound(const Json& schema, const char* keyword, std::uint32_t otherwise) {
        if (!schema.contains(keyword)) return otherwise;
        const Json& value = schema[keyword];
        const std::optional<std::int64_t> count = whole_number(value);
        if (!count || *count < 0 || static_cast<std::uint64_t>(*count) > most_repeats)
            refuse(std::string("expected ") + keyword + " from 0 to 100000, found " + short_text(value));
        return static_cast<std::uint32_t>(*count);
    }

    static void check_keywords(const Json& schema, std::initializer_list<std::string_view> known) {
        for (const auto& [keyword, value] : schema.items()) {
            const bool ignored = std::ranges::find(annotations, std::string_view(keyword)) != annotations.end();
            if (ignored || std::ranges::find(known, std::string_view(keyword)) != known.end()) continue;
            refuse("the keyword " + short_text(keyword) + " isn't supported here");
        }
    }

    Grammar& grammar_;
    JsonRules json_;
    const Json& root_;
    std::map<std::string, std::size_t> references_;
    int depth_ = 0, count_ = 0;
    std::size_t text_ = 0, values_ = 0;
};

}  // namespace

std::shared_ptr<const Grammar> json_object_grammar() {
    const auto grammar = std::make_shared<Grammar>();
    const JsonRules rules(*grammar);
    grammar->add(0, {Grammar::match(rules.object)});
    return grammar;
}

std::shared_ptr<const Grammar> schema_grammar(const Json& schema) {
    const auto grammar = std::make_shared<Grammar>();
    const SchemaRules rules(*grammar, schema);
    if (grammar->is_left_recursive()) refuse("expected a schema that doesn't lead back to itself, found one that does");
    return grammar;
}

}  // namespace bitnet::serve
