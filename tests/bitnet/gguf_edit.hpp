#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "files/families.hpp"
#include "files/gguf.hpp"
#include "files_fixture.hpp"
#include "model/architecture.hpp"

namespace bitnet_tests {

/// The parts of a well-formed GGUF file, to be changed and put together again.
struct EditableGguf {
    struct Value {
        std::string key;
        bitnet::GgufType type;
        bool is_array = false;
        std::uint64_t count = 1;
        std::string bytes;
    };
    struct Tensor {
        std::string name;
        std::uint32_t type;
        std::vector<std::uint64_t> dims;
        std::string bytes;  // with the padding behind them
    };

    std::vector<Value> values;
    std::vector<Tensor> tensors;

    EditableGguf() = default;
    explicit EditableGguf(std::string_view contents) {
        const bitnet::Gguf gguf(bytes_of(contents), "golden");
        for (const auto& [key, value] : gguf.metadata())
            values.push_back({std::string(key), value.type, value.is_array, value.count, text_of(value.bytes)});
        for (const auto& tensor : gguf.tensors()) {
            std::uint64_t end = gguf.data().size();
            for (const auto& other : gguf.tensors())
                if (other.offset > tensor.offset) end = std::min(end, other.offset);
            tensors.push_back({std::string(tensor.name), tensor.type, tensor.dims,
                               text_of(gguf.data().subspan(tensor.offset, end - tensor.offset))});
        }
    }

    Value* find(std::string_view key) {
        const auto found = std::find_if(values.begin(), values.end(), [&](const Value& v) { return v.key == key; });
        return found == values.end() ? nullptr : &*found;
    }
    Tensor& tensor(std::string_view name) {
        const auto found =
            std::find_if(tensors.begin(), tensors.end(), [&](const Tensor& t) { return t.name == name; });
        REQUIRE(found != tensors.end());
        return *found;
    }

    /// A number, in place of the key's value or as another key.
    template <class T>
    EditableGguf& set(std::string_view key, bitnet::GgufType type, T number) {
        return put(
            {std::string(key), type, false, 1, std::string(reinterpret_cast<const char*>(&number), sizeof number)});
    }
    EditableGguf& set(std::string_view key, std::uint32_t number) { return set(key, bitnet::GgufType::u32, number); }
    EditableGguf& set(std::string_view key, float number) { return set(key, bitnet::GgufType::f32, number); }
    EditableGguf& set(std::string_view key, std::string_view text) {
        GgufBytes bytes;
        return put({std::string(key), bitnet::GgufType::text, false, 1, bytes.name(text).text});
    }
    EditableGguf& erase(std::string_view key) {
        std::erase_if(values, [&](const Value& value) { return value.key == key; });
        return *this;
    }

    /// A tensor of this name in place of the one that was there, at the end of the file.
    EditableGguf& put_last(Tensor tensor) {
        std::erase_if(tensors, [&](const Tensor& other) { return other.name == tensor.name; });
        tensors.push_back(std::move(tensor));
        return *this;
    }

    std::string text() const {
        GgufBytes file;
        file.start(tensors.size(), values.size());
        for (const Value& value : values) {
            file.name(value.key);
            if (value.is_array) file.number(static_cast<std::uint32_t>(bitnet::GgufType::array));
            file.number(static_cast<std::uint32_t>(value.type));
            if (value.is_array) file.number(value.count);
            file.text += value.bytes;
        }
        std::uint64_t offset = 0;
        for (const Tensor& tensor : tensors) {
            file.tensor(tensor.name, tensor.type, tensor.dims, offset);
            offset += (tensor.bytes.size() + 31) / 32 * 32;
        }
        for (const Tensor& tensor : tensors) {
            file.pad();
            file.text += tensor.bytes;
        }
        return file.text;
    }

 private:
    static std::string text_of(std::span<const std::byte> bytes) {
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }
    EditableGguf& put(Value value) {
        if (Value* found = find(value.key)) {
            *found = std::move(value);
        } else {
            values.push_back(std::move(value));
        }
        return *this;
    }
};

/// A model of one layer with nothing but zeros, all in F32.
inline EditableGguf model_of_zeros(const std::string& architecture = "bitnet-b1.58") {
    EditableGguf file;
    file.set("general.architecture", architecture);
    for (const char* key : {"context_length", "embedding_length", "feed_forward_length", "attention.head_count"})
        file.set(architecture + "." + key, std::uint32_t{8});
    file.set(architecture + ".block_count", std::uint32_t{1});
    file.set(architecture + ".attention.key_length", std::uint32_t{2});
    file.set(architecture + ".attention.layer_norm_rms_epsilon", 1e-5F).set(architecture + ".rope.freq_base", 1e4F);
    bitnet::Config config = bitnet::family_of_gguf(architecture, "").config();
    config.layers = 1;
    config.hidden = config.ffn = config.vocab = config.heads = config.kv_heads = 8;
    config.head_dim = 2;
    for (const bitnet::ModelTensor& tensor : bitnet::model_tensors(config)) {
        const bool norm = tensor.kind == bitnet::TensorKind::norm;
        file.tensors.push_back(
            {tensor.name, 0,
             norm ? std::vector<std::uint64_t>{tensor.cols} : std::vector<std::uint64_t>{tensor.cols, tensor.rows},
             std::string(4 * tensor.rows * tensor.cols, '\0')});
    }
    return file;
}

}  // namespace bitnet_tests
