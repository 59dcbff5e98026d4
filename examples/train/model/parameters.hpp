#pragma once

#include <bitnet_2b4t/files/model_source.hpp>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "recipe.hpp"

namespace train {

/// The tensors of a model as pieces of one vector of floats, in the order of a GGUF file: the master weights, and
/// whatever has a number for each of them.
class Layout {
 public:
    explicit Layout(const bitnet::Config& sizes);

    struct Piece {
        bitnet::ModelTensor tensor;
        std::size_t offset;
        std::size_t place;  // among the pieces
        std::size_t size() const { return tensor.rows * tensor.cols; }
        bool is_norm() const { return tensor.kind == bitnet::ModelTensor::Kind::norm; }
    };

    const std::vector<Piece>& pieces() const { return pieces_; }
    std::size_t size() const { return size_; }
    /// Throws std::out_of_range for a name that is none.
    const Piece& piece(const std::string& name) const;

    template <class T>
    std::span<T> of(std::span<T> all, const std::string& name) const {
        const Piece& found = piece(name);
        return all.subspan(found.offset, found.size());
    }

 private:
    std::vector<Piece> pieces_;
    std::size_t size_ = 0;
};

/// Weights to begin with: normally distributed, the smaller the more inputs there are and, for what is added to the
/// residual stream, the more layers; norms of one.
std::vector<float> initial_weights(const Layout& layout, const Recipe& recipe);

}  // namespace train
