#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>

#include "grammar.hpp"

namespace bitnet::serve {

/// The JSON objects, in UTF-8, with at most a space, or a line feed and some spaces, between their parts.
std::shared_ptr<const Grammar> json_object_grammar();

/// The JSON texts that a schema allows, or some of them: members of an object come in the schema's order, and those
/// that it doesn't name don't come. Supported are type, properties, required, additionalProperties, items, minItems,
/// maxItems, enum, const, anyOf, $ref to #/$defs or #/definitions, minLength and maxLength; annotations are ignored.
/// Throws ApiError, which names the keyword, for any other that would change which texts are valid.
std::shared_ptr<const Grammar> schema_grammar(const nlohmann::ordered_json& schema);

}  // namespace bitnet::serve
