#pragma once

#include <utility>

#include "isa_tests.hpp"
#include "packing_checks.hpp"

namespace isa {

template <std::size_t Shard>
std::size_t check_packings(Report& report) {
    std::size_t checked = 0;
    const auto check = [&]<std::size_t Number, class P>() {
        if constexpr (Number % PACKING_SHARDS == Shard) {
            check_packing<P>(report);
            ++checked;
        }
    };
    [&]<class... P, std::size_t... I>(ternion::type_list<P...>, std::index_sequence<I...>) {
        (check.template operator()<I, P>(), ...);
    }(ternion::all_packings{}, std::make_index_sequence<ternion::all_packings::size>{});
    return checked;
}

}  // namespace isa
