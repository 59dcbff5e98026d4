#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <program/io/mapped_file.hpp>
#include "hugging_face_config.hpp"
#include "model_source.hpp"
#include "safetensors.hpp"

namespace bitnet {

/// A model in the files of a Hugging Face repository: model.safetensors, or several shards, with config.json and, if
/// text is wanted, tokenizer.json or tokenizer.model (a tiktoken file) beside it. Ternary layers are packed (four rows
/// in a row of bytes), floats that are trits, either with a scale beside them that multiplies or divides, or floats
/// alone. The constructor accounts for all tensors and all keys of config.json.
class HuggingFaceSource final : public ModelSource {
 public:
    /// `folder` is where the tokenizer is looked for.
    HuggingFaceSource(std::unique_ptr<program::MappedFile> safetensors, const program::MappedFile& config,
                      std::string folder, Masters masters = Masters::refused);
    HuggingFaceSource(std::vector<std::unique_ptr<program::MappedFile>> shards, const program::MappedFile& config,
                      std::string folder, Masters masters = Masters::refused);

    const std::string& name() const override { return shards_.front()->file->name(); }
    std::vector<std::string> files() const override;
    Config config() const override { return config_.sizes; }
    const Family& family() const override { return config_.family; }
    bool contains(std::string_view tensor) const override { return find_stored(name_of(tensor)) != nullptr; }
    std::string stored_name(std::string_view tensor) const override { return std::string(name_of(tensor)); }
    ternion::Shape shape(std::string_view tensor) const override;
    bool trains_floats() const override {
        return config_.family.masters || config_.online || config_.sizes.projection_norms;
    }
    TernaryTensor ternary(std::string_view tensor) const override;
    bool is_ternary(std::string_view tensor) const override;
    Masters masters_of(std::string_view tensor) const override;
    DenseTensor dense(std::string_view tensor) const override;
    std::vector<Declaration> metadata() const override { return config_.declarations; }
    void add_metadata(GgufWriter& writer) const override;
    Vocabulary vocabulary() const override;

 private:
    struct Shard {
        explicit Shard(std::unique_ptr<program::MappedFile> mapped)
            : file(std::move(mapped)), tensors(file->bytes(), file->name()) {}

        std::unique_ptr<program::MappedFile> file;
        Safetensors tensors;
    };

    void read_tensors();
    void check_tensors() const;
    void check_tied_head() const;
    /// In the file.
    std::string_view name_of(std::string_view tensor) const;
    /// Null where there is none.
    const Safetensors::Tensor* find_stored(std::string_view name) const;
    const Safetensors::Tensor& find(std::string_view tensor) const;
    /// What multiplies.
    float scale_of(std::string_view tensor) const;
    /// Empty where there is none.
    std::string vocabulary_file() const;

    std::vector<std::unique_ptr<Shard>> shards_;
    std::string folder_;
    HuggingFaceConfig config_;
    Masters masters_ = Masters::refused;
    std::map<std::string, std::string, std::less<>> names_;  // by those in GGUF
};

/// The files that a folder's tensors are in: model.safetensors, or the shards of its index. Throws FileError where one
/// is missing, and says what else lies there.
std::vector<std::string> safetensors_files(const std::string& folder);

}  // namespace bitnet
