#include "synth.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include <bitnet/tokenizer.hpp>
#include <program/io/file_error.hpp>
#include "gguf_config.hpp"
#include "gguf_vocabulary.hpp"
#include "gguf_writer.hpp"
#include "random_model.hpp"
#include "tensor_format.hpp"
#include "vocabulary_files.hpp"

namespace bitnet {

using namespace program;
namespace {

Vocabulary vocabulary_for(const SynthOptions& options) {
    if (options.vocabulary.empty()) return filler_vocabulary(options.sizes.vocab);
    Vocabulary vocabulary = read_tokenizer_model(options.vocabulary);
    try {
        Tokenizer check(vocabulary);
    } catch (const std::runtime_error& error) {
        throw FileError(options.vocabulary, error.what());
    }
    return vocabulary;
}

}  // namespace

void synthesize(const SynthOptions& options) {
    Config config = options.sizes;
    if (options.layers != 0) config.layers = options.layers;
    config.validate(options.output);
    const float added = options.repeating ? RandomTensors::damped : 1;
    std::optional<ZeroGates> zero_gates;
    if (options.ffn_zeros) zero_gates.emplace(*options.family, config, *options.ffn_zeros, added);
    GgufWriter writer(options.output, {options.vocabulary});
    {
        const Vocabulary vocabulary = vocabulary_for(options);
        config.vocab = vocabulary.size();
        write_gguf_config(writer, config, *options.family, "random weights");
        add_vocabulary(writer, vocabulary);
    }
    const RandomTensors random(*options.family, options.seed, added, std::move(zero_gates));
    const std::vector<ModelTensor> tensors = model_tensors(config);
    const auto layer = std::find_if(tensors.begin(), tensors.end(),
                                    [](const ModelTensor& tensor) { return tensor.kind == TensorKind::ternary; });
    writer.add("general.file_type", find_ternary_format(random.storage(*layer).type)->file_type);
    std::uint64_t total = 0, done = 0;
    for (const ModelTensor& tensor : tensors) {
        const auto [type, bytes] = random.storage(tensor);
        declare(writer, tensor, type, bytes);
        total += bytes;
    }
    for (const ModelTensor& tensor : tensors) {
        random.generate(tensor, [&](std::span<const std::byte> part) {
            writer.write(part);
            done += part.size();
            if (options.progress) options.progress(done, total);
        });
    }
    writer.finish();
}

}  // namespace bitnet
