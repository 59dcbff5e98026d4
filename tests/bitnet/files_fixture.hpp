#pragma once

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <program/io/file_error.hpp>
#include <program/io/mapped_file.hpp>

namespace bitnet_tests {

inline const std::string golden_gguf = TESTS_DIR "/golden/tiny-bitnet.gguf";
inline const std::string golden_folder = TESTS_DIR "/golden/tiny-bitnet-hf";

inline std::string read_text(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    REQUIRE(file.good());
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

inline void write_text(const std::string& path, std::string_view text) {
    std::ofstream file(path, std::ios::binary);
    file.write(text.data(), static_cast<std::streamsize>(text.size()));
    REQUIRE(file.good());
}

inline std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

inline std::unique_ptr<program::MappedFile> in_memory(std::string_view contents, std::string name = "file") {
    return std::make_unique<program::MappedFile>(std::move(name), bytes_of(contents));
}

/// A folder of its own, removed with all that is in it.
class TemporaryFolder {
 public:
    TemporaryFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "ternion-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() { std::filesystem::remove_all(path_); }

    std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }
    std::size_t entries() const {
        const std::filesystem::directory_iterator all(path_);
        return static_cast<std::size_t>(std::distance(begin(all), end(all)));
    }

 private:
    std::string path_;
};

/// The line that `call` refuses a file with; empty where it doesn't.
template <class Call>
std::string refusal(Call call) {
    try {
        call();
    } catch (const std::runtime_error& error) {
        const std::string line = error.what();
        CHECK(line.find('\n') == line.npos);
        return line;
    }
    return {};
}

inline std::vector<std::byte> from_hex(const std::string& hex) {
    std::vector<std::byte> bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        bytes.push_back(static_cast<std::byte>(std::stoi(hex.substr(i, 2), nullptr, 16)));
    }
    return bytes;
}

/// Builds GGUF files by hand, well-formed or not.
class GgufBytes {
 public:
    std::string text;

    template <class T>
    GgufBytes& number(T value) {
        text.append(reinterpret_cast<const char*>(&value), sizeof value);
        return *this;
    }
    GgufBytes& name(std::string_view value) {
        number(std::uint64_t{value.size()});
        text += value;
        return *this;
    }
    GgufBytes& start(std::uint64_t tensors, std::uint64_t values, std::uint32_t version = 3) {
        text += "GGUF";
        return number(version).number(tensors).number(values);
    }
    template <class T>
    GgufBytes& value(std::string_view key, std::uint32_t type, T number_value) {
        return name(key).number(type).number(number_value);
    }
    GgufBytes& value(std::string_view key, std::string_view text_value) {
        return name(key).number(std::uint32_t{8}).name(text_value);
    }
    GgufBytes& tensor(std::string_view key, std::uint32_t type, const std::vector<std::uint64_t>& dims,
                      std::uint64_t offset = 0) {
        name(key).number(static_cast<std::uint32_t>(dims.size()));
        for (const std::uint64_t dim : dims)
            number(dim);
        return number(type).number(offset);
    }
    GgufBytes& pad(std::size_t alignment = 32) {
        text.resize((text.size() + alignment - 1) / alignment * alignment);
        return *this;
    }
    GgufBytes& zeros(std::size_t count) {
        text.resize(text.size() + count);
        return *this;
    }
};

}  // namespace bitnet_tests
