#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <program/io/mapped_file.hpp>
#include "model_source.hpp"
#include "safetensors.hpp"

namespace bitnet {

struct HuggingFaceConfig {
    Config sizes;
    bool scale_divides = false;  // whether outputs are divided by a weight_scale, rather than multiplied
    std::vector<std::pair<std::string, std::string>> entries;  // of the file, in JSON
};

/// A model in the files of a Hugging Face repository: model.safetensors, with config.json and, if text is wanted,
/// tokenizer.json or tokenizer.model (a tiktoken file) beside it. Ternary layers are packed (four rows in a row of
/// bytes, with a scale that multiplies or divides, by config.json's `linear_class`) or master weights.
class HuggingFaceSource final : public ModelSource {
 public:
    /// `folder` is where the tokenizer is looked for.
    HuggingFaceSource(std::unique_ptr<program::MappedFile> safetensors, const program::MappedFile& config,
                      std::string folder);

    const std::string& name() const override { return file_->name(); }
    std::vector<std::string> files() const override { return {name(), folder_ + "/config.json", vocabulary_file()}; }
    Config config() const override { return config_.sizes; }
    bool contains(std::string_view tensor) const override { return tensors_.find(name_of(tensor)) != nullptr; }
    TernaryTensor ternary(std::string_view tensor) const override;
    DenseTensor dense(std::string_view tensor) const override;
    std::vector<std::pair<std::string, std::string>> metadata() const override { return config_.entries; }
    void add_metadata(GgufWriter& writer) const override;
    Vocabulary vocabulary() const override;

 private:
    /// In the file.
    std::string_view name_of(std::string_view tensor) const;
    const Safetensors::Tensor& find(std::string_view tensor) const;
    float scale_of(std::string_view tensor) const;
    /// Empty where there is none.
    std::string vocabulary_file() const;

    std::unique_ptr<program::MappedFile> file_;
    std::string folder_;
    HuggingFaceConfig config_;
    Safetensors tensors_;
    std::map<std::string, std::string, std::less<>> names_;  // by those in GGUF
};

/// From the text of a config.json. Throws FileError.
HuggingFaceConfig read_hugging_face_config(std::string_view text, const std::string& file);

}  // namespace bitnet
