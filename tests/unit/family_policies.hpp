#pragma once

// The activation policies of the family: the one list that its typed tests run over.

#include <tuple>

#include "family.hpp"

namespace test {

inline constexpr std::tuple family_policies{
    Named<ternion::Absmax<8>>{"Absmax<8>"},
    Named<ternion::Absmax<8, 128>>{"Absmax<8, 128>"},
    Named<ternion::Absmax<4>>{"Absmax<4>"},
    Named<ternion::AbsmeanInt4>{"AbsmeanInt4"},
};
inline constexpr std::size_t policy_count = std::tuple_size_v<decltype(family_policies)>;

}  // namespace test
