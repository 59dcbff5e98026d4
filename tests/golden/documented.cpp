#include <catch2/catch_test_macros.hpp>
#include <cstddef>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "files/declarations.hpp"
#include "files_fixture.hpp"

using namespace bitnet_tests;

namespace {

std::vector<std::string> lines_of_document() {
    std::istringstream text(read_text(TESTS_DIR "/../docs/models.md"));
    std::vector<std::string> lines;
    for (std::string line; std::getline(text, line);)
        lines.push_back(line);
    return lines;
}

std::string as_code(std::string_view text) {
    return "`" + std::string(text) + "`";
}

/// Whether a line has the key and, where there is one, the value: a text with or without its quotes.
bool is_documented(const std::vector<std::string>& lines, std::string_view key, std::string_view value) {
    for (const std::string& line : lines) {
        if (line.find(as_code(key)) == line.npos) continue;
        const std::string_view bare = value.starts_with('"') ? value.substr(1, value.size() - 2) : value;
        if (value.empty() || line.find(as_code(value)) != line.npos || line.find(as_code(bare)) != line.npos)
            return true;
    }
    return false;
}

}  // namespace

TEST_CASE("docs/models.md names every key and tensor that changes no number, and the value that it must have") {
    const std::vector<std::string> lines = lines_of_document();
    for (const auto& list : {bitnet::harmless_gguf_keys(), bitnet::harmless_config_keys()}) {
        CHECK(list.size() > 15);
        for (const auto& [key, value] : list) {
            INFO(key << " " << value);
            CHECK(is_documented(lines, key, value));
        }
    }
    for (const std::string_view tensor : bitnet::harmless_tensors()) {
        INFO(tensor);
        CHECK(is_documented(lines, tensor, ""));
    }
}
