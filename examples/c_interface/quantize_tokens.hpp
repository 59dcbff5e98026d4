#pragma once

#include <cstddef>
#include <ternion/core/executor.hpp>
#include <ternion/runtime/any_quantizer.hpp>

#include "callback_executor.hpp"

namespace ternion_c {

/// `quantize` for rows that lie x_ld values apart; the sums of groups are still to be added.
inline void quantize_tokens(const ternion::AnyQuantizer& by, const float* x, std::size_t x_ld, std::size_t m,
                            std::size_t k, ternion::AnyActivations& to, CallbackExecutor& threads) {
    ternion::make_room(by, to, m, k);
    ternion::split(m, 1, threads, [&](std::size_t begin, std::size_t end) {
        for (std::size_t token = begin; token < end; ++token)
            ternion::take_token<ternion::default_arch>(by, to, token, x + token * x_ld);
    });
}

}  // namespace ternion_c
