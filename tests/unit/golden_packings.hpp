#pragma once

// tests/golden/packings.json: one matrix, and its bytes as the original programs pack it.

#include <cctype>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace test {

/// Just enough of JSON for this file: an object of numbers, lists of numbers and strings without escapes.
class GoldenPackings {
 public:
    GoldenPackings() {
        std::ifstream file(TESTS_DIR "/golden/packings.json");
        text_.assign(std::istreambuf_iterator<char>(file), {});
    }

    [[nodiscard]] std::size_t number(const std::string& key) const { return std::stoul(text_.substr(after(key))); }

    [[nodiscard]] std::vector<std::int8_t> trits() const {
        const std::size_t begin = after("trits") + 1;
        std::istringstream list(text_.substr(begin, text_.find(']', begin) - begin));
        std::vector<std::int8_t> trits;
        for (std::string value; std::getline(list, value, ',');)
            trits.push_back(static_cast<std::int8_t>(std::stoi(value)));
        return trits;
    }

    [[nodiscard]] std::vector<std::byte> bytes(const std::string& key) const {
        const std::size_t begin = after(key) + 1;
        const std::size_t end = text_.find('"', begin);
        std::vector<std::byte> bytes;
        for (std::size_t i = begin; i < end; i += 2)
            bytes.push_back(static_cast<std::byte>(std::stoi(text_.substr(i, 2), nullptr, 16)));
        return bytes;
    }

 private:
    /// Where the value of a key begins.
    [[nodiscard]] std::size_t after(const std::string& key) const {
        std::size_t place = text_.find('"' + key + "\":");
        if (place == std::string::npos) throw std::runtime_error("packings.json has no " + key);
        place += key.size() + 3;
        while (std::isspace(static_cast<unsigned char>(text_[place])) != 0)
            ++place;
        return place;
    }

    std::string text_;
};

}  // namespace test
