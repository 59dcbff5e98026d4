#include "attention.hpp"

#include <cmath>

namespace train {

namespace {

using Index = Eigen::Index;

/// q kᵀ becomes the share of each key: softmax over the keys up to the query, zero beyond.
void causal_softmax(Floats& scores) {
    for (Index t = 0; t < scores.rows(); ++t) {
        auto seen = scores.row(t).head(t + 1).array();
        seen = (seen - seen.maxCoeff()).exp();
        seen /= seen.sum();
        scores.row(t).tail(scores.cols() - t - 1).setZero();
    }
}

}  // namespace

/// f(index, block of q's columns, block of k's) for each sequence and head.
template <class F>
void Attention::each_head(F&& f) const {
    const std::size_t group = sizes_.heads / sizes_.kv_heads;
    std::size_t index = 0, begin = 0;
    for (const std::size_t length : lengths_) {
        for (std::size_t head = 0; head < sizes_.heads; ++head, ++index) {
            const auto block = [&](auto& matrix, std::size_t which) {
                return matrix.block(static_cast<Index>(begin), static_cast<Index>(which * sizes_.head_dim),
                                    static_cast<Index>(length), static_cast<Index>(sizes_.head_dim));
            };
            f(
                index, [&, head](auto& matrix) { return block(matrix, head); },
                [&, head](auto& matrix) { return block(matrix, head / group); });
        }
        begin += length;
    }
}

void Attention::forward(const Floats& q, const Floats& k, const Floats& v, std::span<const std::size_t> lengths,
                        Floats& out) {
    lengths_.assign(lengths.begin(), lengths.end());
    const float scale = 1 / std::sqrt(static_cast<float>(sizes_.head_dim));
    out.resize(q.rows(), q.cols());
    shares_.resize(lengths_.size() * sizes_.heads);
    each_head([&](std::size_t index, auto of_query, auto of_key) {
        Floats& shares = shares_[index];
        shares.noalias() = scale * of_query(q) * of_key(k).transpose();
        causal_softmax(shares);
        of_query(out).noalias() = shares * of_key(v);
    });
}

void Attention::backward(const Floats& q, const Floats& k, const Floats& v, const Floats& dout, Floats& dq, Floats& dk,
                         Floats& dv, Floats& dscores) const {
    const float scale = 1 / std::sqrt(static_cast<float>(sizes_.head_dim));
    dq.resize(q.rows(), q.cols());
    dk.setZero(k.rows(), k.cols());
    dv.setZero(v.rows(), v.cols());
    each_head([&](std::size_t index, auto of_query, auto of_key) {
        const Floats& shares = shares_[index];
        of_key(dv).noalias() += shares.transpose() * of_query(dout);
        dscores.noalias() = of_query(dout) * of_key(v).transpose();
        // The gradient through softmax: share · (d - mean of d by the shares).
        dscores.array() *= shares.array();
        const Eigen::VectorXf sums = dscores.rowwise().sum();
        dscores.array() -= shares.array().colwise() * sums.array();
        of_query(dq).noalias() = scale * dscores * of_key(k);
        of_key(dk).noalias() += scale * dscores.transpose() * of_query(q);
    });
}

Rope::Rope(const bitnet::Config& sizes)
    : cosines_(static_cast<Index>(sizes.context), static_cast<Index>(sizes.head_dim / 2)),
      sines_(cosines_.rows(), cosines_.cols()) {
    for (Index position = 0; position < cosines_.rows(); ++position) {
        for (Index i = 0; i < cosines_.cols(); ++i) {
            const double exponent = -static_cast<double>(i) / static_cast<double>(cosines_.cols());
            const double angle =
                static_cast<double>(position) * std::pow(static_cast<double>(sizes.rope_theta), exponent);
            cosines_(position, i) = static_cast<float>(std::cos(angle));
            sines_(position, i) = static_cast<float>(std::sin(angle));
        }
    }
}

void Rope::turn(Floats& heads, std::span<const std::size_t> lengths, float direction) const {
    const Index half = cosines_.cols();
    std::vector<Index> positions;
    for (const std::size_t length : lengths) {
        for (std::size_t position = 0; position < length; ++position)
            positions.push_back(static_cast<Index>(position));
    }
    for (Index t = 0; t < heads.rows(); ++t) {
        const Index position = positions[static_cast<std::size_t>(t)];
        const auto cosine = cosines_.row(position).array();
        const auto sine = direction * sines_.row(position).array();
        for (Index at = 0; at < heads.cols(); at += 2 * half) {
            auto a = heads.row(t).segment(at, half).array(), b = heads.row(t).segment(at + half, half).array();
            const Eigen::Array<float, 1, Eigen::Dynamic> x = a, y = b;
            a = x * cosine - y * sine;
            b = x * sine + y * cosine;
        }
    }
}

}  // namespace train
