#include <algorithm>
#include <bitnet/ffn_zeros.hpp>
#include <stdexcept>

#include "session_state.hpp"

namespace bitnet {

std::vector<FfnZeros> ffn_zeros(const Model& model, std::span<const int> tokens) {
    if (model.state()->leader) throw std::logic_error("ffn_zeros: expected a model in one process, found ranks");
    if (tokens.empty()) throw std::invalid_argument("ffn_zeros: expected tokens, found none");
    Session session(model);
    std::vector<ZeroCounts> counts;
    session.state().decoder.count_zeros(&counts);
    session.append(tokens);
    std::vector<FfnZeros> shares;
    for (const ZeroCounts& layer : counts) {
        const auto values = static_cast<double>(layer.values);
        shares.push_back({static_cast<double>(layer.gate) / values, static_cast<double>(layer.down) / values});
    }
    return shares;
}

}  // namespace bitnet
