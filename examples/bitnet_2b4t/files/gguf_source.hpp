#pragma once

#include <memory>

#include <program/io/mapped_file.hpp>
#include "gguf.hpp"
#include "model_source.hpp"

namespace bitnet {

/// A model of architecture `bitnet-b1.58` (or `bitnet-25`, as an older upload calls it) in a GGUF file. The
/// constructor checks the architecture, and that every tensor has a known type and lies within the file.
class GgufSource final : public ModelSource {
 public:
    explicit GgufSource(std::unique_ptr<program::MappedFile> file);

    const Gguf& gguf() const { return gguf_; }

    const std::string& name() const override { return file_->name(); }
    Config config() const override;
    bool contains(std::string_view tensor) const override { return gguf_.find_tensor(tensor) != nullptr; }
    TernaryTensor ternary(std::string_view tensor) const override;
    DenseTensor dense(std::string_view tensor) const override;
    std::vector<std::pair<std::string, std::string>> metadata() const override;
    void add_metadata(GgufWriter& writer) const override;
    Vocabulary vocabulary() const override;

 private:
    const GgufTensor& find(std::string_view tensor) const;
    std::size_t size_of(const GgufTensor& tensor) const;
    std::span<const std::byte> bytes_of(const GgufTensor& tensor) const;
    std::string key(std::string_view name) const { return program::joined(architecture_, ".", name); }

    std::unique_ptr<program::MappedFile> file_;
    Gguf gguf_;
    std::string_view architecture_;
};

}  // namespace bitnet
