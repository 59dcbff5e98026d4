#include "prompt_shares.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace bitnet::serve {

std::vector<std::size_t> prompt_shares(std::span<const std::size_t> unread, std::size_t most) {
    std::vector<std::size_t> shares(unread.size(), 0), order(unread.size());
    if (unread.empty()) return shares;
    const auto give = [&](std::size_t one, std::size_t tokens) {
        const std::size_t share = std::min(tokens, unread[one] - shares[one]);
        shares[one] += share;
        most -= share;
    };
    give(0, (most + 3) / 4);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [&](std::size_t one) { return std::pair(unread[one] - shares[one], one); });
    for (const std::size_t one : order)
        give(one, most);
    return shares;
}

}  // namespace bitnet::serve
