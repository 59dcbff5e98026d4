#pragma once

#include <memory>
#include <vector>

#include <program/io/mapped_file.hpp>
#include "float_layers.hpp"
#include "gguf.hpp"
#include "model_source.hpp"

namespace bitnet {

/// A model in a GGUF file, or in the parts of one that was split. The constructor accounts for all of it: every tensor
/// has a known type and lies within its file, every tensor is one of the model's, and every key was read or is known to
/// change nothing.
class GgufSource final : public ModelSource {
 public:
    explicit GgufSource(std::unique_ptr<program::MappedFile> file, Masters masters = Masters::refused);
    /// The parts in their order.
    explicit GgufSource(std::vector<std::unique_ptr<program::MappedFile>> files, Masters masters = Masters::refused);

    /// The first part, which has all metadata.
    const Gguf& gguf() const { return parts_.front()->gguf; }

    const std::string& name() const override { return gguf().file(); }
    std::vector<std::string> files() const override;
    Config config() const override { return config_; }
    const Family& family() const override { return family_; }
    bool stores_pairs() const override { return family_.rotates_pairs; }
    bool contains(std::string_view tensor) const override { return find(tensor).tensor != nullptr; }
    ternion::Shape shape(std::string_view tensor) const override;
    bool trains_floats() const override { return family_.masters || config_.projection_norms; }
    TernaryTensor ternary(std::string_view tensor) const override;
    bool is_ternary(std::string_view tensor) const override;
    Masters masters_of(std::string_view tensor) const override;
    DenseTensor dense(std::string_view tensor) const override;
    std::vector<Declaration> metadata() const override;
    void add_metadata(GgufWriter& writer) const override;
    Vocabulary vocabulary() const override;

 private:
    struct Part {
        explicit Part(std::unique_ptr<program::MappedFile> mapped)
            : file(std::move(mapped)), gguf(file->bytes(), file->name()) {}

        std::unique_ptr<program::MappedFile> file;
        Gguf gguf;
        bool legacy_q2_0 = false;
    };
    struct Found {
        const Part* part = nullptr;
        const GgufTensor* tensor = nullptr;
    };

    void check_parts() const;
    void check_tensor_count() const;
    void check_repeated(const Gguf& part) const;
    void check_tensors() const;
    static void check_places(const Part& part);
    Found find(std::string_view tensor) const;
    Found get(std::string_view tensor) const;
    static std::uint32_t type_of(const Found& found);
    static std::size_t size_of(const Found& found);
    static std::span<const std::byte> bytes_of(const Found& found);

    std::vector<std::unique_ptr<Part>> parts_;
    const Family& family_;
    Config config_;
    Masters masters_;
};

/// The names of all parts of a split model, in their order, from that of one: "x-00001-of-00003.gguf". The name alone
/// where it is none.
std::vector<std::string> split_names(const std::string& path);

}  // namespace bitnet
