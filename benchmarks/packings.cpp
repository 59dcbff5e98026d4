#include "packings.hpp"

#include <algorithm>
#include <utility>

namespace bench {

template <std::size_t Shard>
void add_packings(std::vector<BenchedPacking>& packings);

const std::vector<BenchedPacking>& benched_packings() {
    static const std::vector<BenchedPacking> packings = [] {
        std::vector<BenchedPacking> all;
        [&]<std::size_t... Shard>(std::index_sequence<Shard...>) {
            (add_packings<Shard>(all), ...);
        }
        (std::make_index_sequence<PACKING_SHARDS>{});
        std::ranges::sort(all, {}, &BenchedPacking::place);
        return all;
    }();
    return packings;
}

const BenchedPacking& i2s() {
    return *std::ranges::find(benched_packings(), std::string(ternion::I2S::name), &BenchedPacking::name);
}

}  // namespace bench
