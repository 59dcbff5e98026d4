#pragma once

// The activation policies of the family: the one list that its typed tests run over.

#include <string_view>
#include <ternion/ternion.hpp>
#include <tuple>

namespace test {

/// A policy and how messages name it.
template <class P>
struct Named {
    using policy = P;
    std::string_view name;
};

inline constexpr std::tuple family_policies{
    Named<ternion::Absmax<8>>{"Absmax<8>"},
    Named<ternion::Absmax<8, 128>>{"Absmax<8, 128>"},
    Named<ternion::Absmax<4>>{"Absmax<4>"},
    Named<ternion::AbsmeanInt4>{"AbsmeanInt4"},
    Named<ternion::TopK<>>{"TopK<>"},
    Named<ternion::TopK<5>>{"TopK<5>"},
    Named<ternion::Sparse<>>{"Sparse<>"},
    Named<ternion::SplitOutliers<5>>{"SplitOutliers<5>"},
    Named<ternion::SplitOutliers<5, 64>>{"SplitOutliers<5, 64>"},
    Named<ternion::Hadamard<ternion::Absmax<4>>>{"Hadamard<Absmax<4>>"},
    Named<ternion::Hadamard<ternion::SplitOutliers<5>>>{"Hadamard<SplitOutliers<5>>"},
    Named<ternion::Hadamard<ternion::SplitOutliers<5, 64>>>{"Hadamard<SplitOutliers<5, 64>>"},
    Named<ternion::Hadamard<ternion::Grouped<ternion::Absmax<4>, 64>>>{"Hadamard<Grouped<Absmax<4>, 64>>"},
    Named<ternion::Sign>{"Sign"},
    Named<ternion::PerTensor<ternion::Absmax<8, 128>>>{"PerTensor<Absmax<8, 128>>"},
    Named<ternion::PerTensor<ternion::AbsmeanInt4>>{"PerTensor<AbsmeanInt4>"},
    Named<ternion::PerTensor<ternion::Sparse<>>>{"PerTensor<Sparse<>>"},
    Named<ternion::Grouped<ternion::Absmax<8>, 64>>{"Grouped<Absmax<8>, 64>"},
    Named<ternion::Sparse<ternion::Grouped<ternion::Absmax<8>, 128>>>{"Sparse<Grouped<Absmax<8>, 128>>"},
};
inline constexpr std::size_t policy_count = std::tuple_size_v<decltype(family_policies)>;

}  // namespace test
