#include "start.hpp"

#include <algorithm>
#include <bitnet_2b4t/files/tensor_reader.hpp>
#include <cmath>
#include <program/io/file_error.hpp>

#include "../dialogues/random.hpp"
#include "../model/parameters.hpp"

namespace train {

namespace {

using program::FileError;

void check_architecture(const bitnet::Config& config, const std::string& file) {
    const auto expect = [&](bool good, const char* expected, const char* found) {
        if (!good) throw FileError(file, program::joined("a model of BitNet's architecture, ", expected), found);
    };
    expect(config.activation == bitnet::Activation::squared_relu, "with squared ReLU", "SiLU");
    expect(config.sub_norms, "with sub-norms", "none");
    expect(!config.qk_norms && !config.projection_norms, "without further norms", "some");
    expect(!config.separate_head, "with a head that is its embedding", "a separate one");
    expect(!config.rope_divisors && config.rope_scaling.kind == bitnet::RopeScaling::Kind::none, "with RoPE as it is",
           "a scaled one");
    expect(config.pooling == bitnet::Pooling::none, "that generates text", "one for embeddings");
}

void read_matrix(const bitnet::ModelSource& source, const bitnet::TensorReader& reader, const Layout::Piece& piece,
                 std::span<float> masters) {
    const bitnet::ModelTensor& tensor = piece.tensor;
    const std::string& name = tensor.name;
    // Beside a scale only trits make sense: other floats are refused by `ternary`.
    if (!source.is_ternary(name) && source.masters_of(name) != bitnet::Masters::scaled)
        return reader.dense(name, tensor.rows, tensor.cols).read(0, masters);
    const bitnet::TernaryTensor ternary = reader.ternary(name, tensor.rows, tensor.cols);
    if (!ternary.matrix.has_one_scale()) throw FileError(source.name(), "one scale for a matrix", "several in " + name);
    std::vector<std::int8_t> trits(masters.size());
    ternary.read(0, ternary.rows(), trits);
    masters_of(trits, ternary.scale(), piece.offset, masters);
}

}  // namespace

void masters_of(std::span<const std::int8_t> trits, float scale, std::uint64_t stream, std::span<float> masters) {
    constexpr double widest_zero = 0.4, least_other = 0.6;
    const auto count = static_cast<double>(trits.size());
    const double zeros = static_cast<double>(std::ranges::count(trits, 0)), others = count - zeros;
    const double mean_other = (count - zeros * widest_zero / 2) / std::max(others, 1.0);
    Random random(0, stream);
    double sum_zeros = 0, sum_others = 0;
    for (std::size_t i = 0; i < trits.size(); ++i) {
        const double at = random.uniform();
        const bool zero = trits[i] == 0;
        const double magnitude = zero ? at * widest_zero : least_other + 2 * at * (mean_other - least_other);
        (zero ? sum_zeros : sum_others) += magnitude;
        const bool negative = zero ? random.one_in(2) : trits[i] < 0;
        masters[i] = static_cast<float>(negative ? -magnitude : magnitude);
    }
    // The random magnitudes miss their mean a little.
    const double exact = others == 0 ? 1 : (count - sum_zeros) / sum_others;
    for (std::size_t i = 0; i < trits.size(); ++i)
        masters[i] *= static_cast<float>(static_cast<double>(scale) * (trits[i] == 0 ? 1 : exact));
}

Start read_start(const std::string& path) {
    const auto source = bitnet::open_model(path, true, bitnet::Masters::quantised);
    Start start{source->config(), source->vocabulary(), {}};
    check_architecture(start.sizes, source->name());
    if (start.vocabulary.size() > start.sizes.vocab)
        throw FileError(source->name(), program::joined("a tokenizer of at most ", start.sizes.vocab, " tokens"),
                        start.vocabulary.size());
    ternion::ThreadPool caller(1);
    const bitnet::TensorReader reader(*source, caller);
    const Layout layout(start.sizes);
    start.weights.resize(layout.size());
    for (const Layout::Piece& piece : layout.pieces()) {
        const std::span<float> weights = std::span(start.weights).subspan(piece.offset, piece.size());
        if (piece.tensor.kind == bitnet::TensorKind::ternary) {
            read_matrix(*source, reader, piece, weights);
        } else {
            reader.dense(piece.tensor.name, piece.tensor.rows, piece.tensor.cols).read(0, weights);
        }
        if (!std::ranges::all_of(weights, [](float weight) { return std::isfinite(weight); }))
            throw FileError(source->name(), "finite numbers in " + piece.tensor.name, "NaN or infinity");
    }
    return start;
}

}  // namespace train
