#pragma once

#include <program/io/json_file.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace bitnet::cli {

/// A question as its file has it, and where it stands there.
struct ReadObject {
    program::Json json;
    std::string where;
    std::size_t number;
};

/// The objects of JSON lines, of a list, or of {"Data": list}. Throws FileError, which names the line.
std::vector<ReadObject> read_objects(const std::string& text, const std::string& file);

/// Gives each object a member "label" from a file of numbers, one a line.
void add_labels(std::vector<ReadObject>& objects, const std::string& file);

/// "id", "ind" and what else benchmarks call it, or the number.
std::string id_of(const program::Json& json, std::size_t number);

/// The fields of each line of CSV (RFC 4180): those in quotes may hold commas and line feeds.
std::vector<std::vector<std::string>> csv_records(std::string_view text);

}  // namespace bitnet::cli
