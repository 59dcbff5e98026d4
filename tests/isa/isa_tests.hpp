#pragma once

#include <cstddef>
#include <ternion/ternion.hpp>
#include <type_traits>

#include "report.hpp"

namespace isa {

/// The arch that the compiler's flags ask for, and the one without SIMD.
using tested_archs =
    std::conditional_t<std::is_same_v<ternion::default_arch, ternion::Scalar>, ternion::type_list<ternion::Scalar>,
                       ternion::type_list<ternion::default_arch, ternion::Scalar>>;

/// Checks every packing whose number is `Shard` modulo the number of shards, each of which is compiled on its own.
/// Returns how many those were.
template <std::size_t Shard>
std::size_t check_packings(Report& report);

/// Each function of the backends by the meaning that simd/scalar.hpp states.
void check_backends(Report& report);

/// Quantised tokens: the same bits everywhere.
void check_quantizer(Report& report);

/// Layers of every activation policy.
void check_family(Report& report);

}  // namespace isa
