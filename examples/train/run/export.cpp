#include "export.hpp"

#include <bitnet_2b4t/files/gguf_config.hpp>
#include <bitnet_2b4t/files/gguf_vocabulary.hpp>
#include <bitnet_2b4t/files/gguf_writer.hpp>
#include <bitnet_2b4t/files/tensor_format.hpp>

namespace train {

namespace {

constexpr std::uint32_t f32 = 0, f16 = 1;

void declare(bitnet::GgufWriter& writer, const Layout::Piece& piece, Weights kind) {
    switch (piece.tensor.kind) {
        case bitnet::ModelTensor::Kind::ternary:
            if (kind == Weights::real) return bitnet::declare(writer, piece.tensor, f32, piece.size() * sizeof(float));
            return bitnet::declare(writer, piece.tensor, bitnet::i2s_format.gguf_type,
                                   bitnet::i2s_format.bytes(piece.tensor.rows, piece.tensor.cols));
        case bitnet::ModelTensor::Kind::embedding:
            return bitnet::declare(writer, piece.tensor, f16, piece.size() * sizeof(ternion::Float16));
        default:
            return bitnet::declare(writer, piece.tensor, f32, piece.size() * sizeof(float));
    }
}

void write_ternary(bitnet::GgufWriter& writer, const Linear& matrix) {
    writer.write(ternion::repack<ternion::I2S>(matrix.weights()).bytes());
    bitnet::write_i2s_tail(writer, matrix.weights().scale());
}

void write_halves(bitnet::GgufWriter& writer, const Floats& values) {
    std::vector<ternion::Float16> halves(static_cast<std::size_t>(values.size()));
    ternion::narrow(values_of(values), std::span(halves));
    writer.write(std::as_bytes(std::span(halves)));
}

}  // namespace

void export_gguf(const std::string& path, const std::string& name, const Recipe& recipe, Network& network,
                 std::span<const float> weights, const bitnet::Vocabulary& vocabulary) {
    bitnet::GgufWriter writer(path);
    bitnet::write_gguf_config(writer, recipe.sizes, bitnet::families().front(), name);
    writer.add("general.file_type", bitnet::gguf_file_type_i2s);
    bitnet::add_vocabulary(writer, vocabulary);
    const std::vector<Layout::Piece>& pieces = network.layout().pieces();
    for (const Layout::Piece& piece : pieces)
        declare(writer, piece, recipe.weights);
    for (const Layout::Piece& piece : pieces) {
        if (piece.tensor.kind == bitnet::ModelTensor::Kind::embedding) {
            write_halves(writer, network.embedding());
        } else if (piece.is_norm() || recipe.weights == Weights::real) {
            writer.write(std::as_bytes(weights.subspan(piece.offset, piece.size())));
        } else {
            write_ternary(writer, network.matrix(piece.tensor.name));
        }
    }
    writer.finish();
}

void export_masters(const std::string& path, const std::string& name, Recipe recipe, Network& network,
                    std::span<const float> weights, const bitnet::Vocabulary& vocabulary) {
    recipe.weights = Weights::real;
    export_gguf(path, name, recipe, network, weights, vocabulary);
}

}  // namespace train
