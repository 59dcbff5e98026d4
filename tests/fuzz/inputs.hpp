#pragma once

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <program/io/utf8.hpp>
#include "files/gguf_source.hpp"
#include "files/hugging_face.hpp"
#include "files/vocabulary_files.hpp"
#include "tokenizer/llama3.hpp"

namespace bitnet_tests {

// What a program does with each kind of input, short of arithmetic. Whatever the input is, it works or throws
// std::runtime_error.

inline std::unique_ptr<program::MappedFile> file_of(std::string_view contents) {
    return std::make_unique<program::MappedFile>("file", std::as_bytes(std::span(contents)));
}

inline void use_model(const bitnet::ModelSource& source) {
    bitnet::Config config = source.config();
    source.metadata();
    config.layers = std::min<std::size_t>(config.layers, 3);
    for (const auto& tensor : bitnet::model_tensors(config)) {
        if (tensor.kind == bitnet::ModelTensor::Kind::ternary) {
            const bitnet::TernaryTensor found = source.ternary(tensor.name);
            std::vector<std::int8_t> row(found.cols());
            for (const std::size_t n : {std::size_t{0}, found.rows() - 1})
                found.read(n, 1, row);
        } else {
            const bitnet::DenseTensor found = source.dense(tensor.name);
            std::vector<float> row(found.cols);
            for (const std::size_t n : {std::size_t{0}, found.rows - 1})
                found.read(n, row);
        }
    }
}

inline void use_tokenizer(const bitnet::Tokenizer& tokenizer) {
    const std::string text = "nation and  the<|eot_id|>\xff\n";
    const bool plain = tokenizer.vocabulary().space_prefix == bitnet::SpacePrefix::never;
    if (tokenizer.decode(tokenizer.encode(text, true)) != text && plain) std::abort();
    for (const int id : {tokenizer.bos(), tokenizer.eos(), tokenizer.end_of_turn()}) {
        if (id >= 0) tokenizer.piece(id);
    }
}

template <class Use>
void allow_refusal(Use use) {
    try {
        use();
    } catch (const std::runtime_error&) {
    }
}

/// The input, and what is no longer than a header also with data behind it, so that it can be a model.
inline std::vector<std::string> with_data(std::string_view input) {
    std::vector<std::string> files = {std::string(input)};
    if (input.size() < 65536) files.push_back(files[0] + std::string(1 << 20, '\x01'));
    return files;
}

inline void use_gguf(std::string_view input) {
    for (const std::string& whole : with_data(input)) {
        allow_refusal([&] {
            const bitnet::GgufSource source(file_of(whole));
            allow_refusal([&] { use_tokenizer(bitnet::load_tokenizer(source)); });
            use_model(source);
        });
    }
}

inline void use_safetensors(std::string_view input) {
    static const program::MappedFile config(TESTS_DIR "/golden/tiny-bitnet-hf/config.json");
    for (const std::string& whole : with_data(input))
        allow_refusal([&] { use_model(bitnet::HuggingFaceSource(file_of(whole), config, "")); });
}

inline void use_config(std::string_view input) {
    allow_refusal([&] { bitnet::read_hugging_face_config(input, "file"); });
}

/// A tokenizer.json or a tiktoken file.
inline void use_vocabulary(std::string_view input) {
    allow_refusal([&] {
        const bool json = input.starts_with("{");
        use_tokenizer(
            bitnet::Tokenizer(json ? bitnet::read_tokenizer_json(input, "file") : bitnet::read_tiktoken(input)));
    });
}

/// Text comes back as it was, whatever it is, at once and in a stream.
inline void use_text(std::string_view input) {
    static const bitnet::Tokenizer tokenizer =
        bitnet::load_tokenizer(*bitnet::open_model(TESTS_DIR "/golden/tiny-bitnet.gguf"));
    for (const bool parse_special : {false, true}) {
        program::StreamingDecoder decoder;
        std::string streamed;
        for (const int id : tokenizer.encode(input, parse_special))
            streamed += decoder.put(tokenizer.piece(id));
        if (streamed + decoder.finish() != input) std::abort();
    }
}

}  // namespace bitnet_tests
