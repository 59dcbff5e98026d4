#include "parameters.hpp"

#include <cmath>
#include <numbers>
#include <stdexcept>

#include "../dialogues/random.hpp"

namespace train {

Layout::Layout(const bitnet::Config& sizes) {
    for (bitnet::ModelTensor& tensor : bitnet::model_tensors(sizes)) {
        pieces_.push_back({std::move(tensor), size_, pieces_.size()});
        size_ += pieces_.back().size();
    }
}

const Layout::Piece& Layout::piece(const std::string& name) const {
    for (const Piece& piece : pieces_) {
        if (piece.tensor.name == name) return piece;
    }
    throw std::out_of_range("no tensor " + name);
}

std::vector<float> initial_weights(const Layout& layout, const Recipe& recipe) {
    std::vector<float> weights(layout.size(), 1.0F);
    Random random(recipe.seed, 0);
    const auto normal = [&] {
        const double radius = std::sqrt(-2 * std::log(random.uniform()));
        return radius * std::cos(2 * std::numbers::pi * random.uniform());
    };
    for (const Layout::Piece& piece : layout.pieces()) {
        if (piece.is_norm()) continue;
        double spread = 1 / std::sqrt(static_cast<double>(piece.tensor.cols));
        const std::string& name = piece.tensor.name;
        if (name.ends_with("attn_output.weight") || name.ends_with("ffn_down.weight")) {
            spread /= std::sqrt(2.0 * static_cast<double>(recipe.sizes.layers));
        }
        for (std::size_t i = 0; i < piece.size(); ++i)
            weights[piece.offset + i] = static_cast<float>(spread * normal());
    }
    return weights;
}

}  // namespace train
