#pragma once

#include <bitnet_2b4t/model/layer_inputs.hpp>
#include <cstddef>
#include <span>
#include <ternion/nn/straight_through.hpp>
#include <vector>

// The backward passes of the decoder's norms and quantizers, found by ternion::backward of a stage.
namespace bitnet {

/// A rotation is its own backward pass; by the straight-through estimator the rest passes gradients as they are, also
/// where values were made zero (arXiv 2407.10969).
inline void quantizer_backward(const InputQuantizer& quantizer, std::span<float> d, std::size_t k) noexcept {
    if (quantizer.change() == TokenChange::rotated)
        ternion::quantizer_backward(ternion::Hadamard<ternion::Absmax<4>>{}, d, k);
}

/// Adds to dx and dweight, as ternion::norm_backward does for the library's own norms. What LayerNorm takes off is the
/// mean, and so is what its gradient lacks.
inline void norm_backward(const InputNorm& norm, std::span<const float> x, std::span<const float> dy,
                          std::span<float> dx, std::span<float> dweight) {
    const ternion::RmsNorm rms(norm.rms().weight(), norm.rms().eps());
    if (!norm.centred()) return ternion::rms_norm_backward(rms, x, dy, dx, dweight);
    std::vector<float> centred(x.size()), dcentred(dx.size());
    const std::size_t n = norm.channels();
    for (std::size_t at = 0; at < x.size(); at += n)
        norm.centre(x.data() + at, centred.data() + at);
    ternion::rms_norm_backward(rms, centred, dy, dcentred, dweight);
    for (std::size_t at = 0; at < dx.size(); at += n) {
        norm.centre(dcentred.data() + at, dcentred.data() + at);
        for (std::size_t i = at; i < at + n; ++i)
            dx[i] += dcentred[i];
    }
}

}  // namespace bitnet
