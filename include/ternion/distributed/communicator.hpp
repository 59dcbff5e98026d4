#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

namespace ternion {

/// One of several processes, the ranks 0 .. size() - 1, that compute one thing together. Its collectives are called by
/// all ranks, in the same order and with the same sizes, on one thread at a time, and return when this rank has its
/// result:
///   all_gather(all, ends)     part r of `all` is bytes ends[r - 1] .. ends[r] - 1; each rank has written its own, and
///                             has all afterwards. Parts may be empty; ends[size() - 1] is the size of `all`
///   gather(all, ends)         the same, but only rank 0 has all; other parts of the others are unspecified
///   all_reduce_sum(values)    each becomes its sum over the ranks, modulo 2^32: exact in any order
///   all_reduce_max(values)    each becomes its largest
///   broadcast(bytes)          become rank 0's; the others may wait for it as long as it takes
/// Bytes are those of this machine: all ranks run the same program on the same kind of machine. No float is ever added
/// up, so results can't depend on how many ranks there are.
template <class C>
concept Communicator = requires(C& c, const C& constant, std::span<std::byte> bytes, std::span<const std::size_t> ends,
                                std::span<std::int32_t> values) {
    { constant.rank() } -> std::convertible_to<std::size_t>;
    { constant.size() } -> std::convertible_to<std::size_t>;
    c.all_gather(bytes, ends);
    c.gather(bytes, ends);
    c.all_reduce_sum(values);
    c.all_reduce_max(values);
    c.broadcast(bytes);
};

/// A process that computes alone: nothing is to be exchanged.
struct SingleProcess {
    [[nodiscard]] static constexpr std::size_t rank() noexcept { return 0; }
    [[nodiscard]] static constexpr std::size_t size() noexcept { return 1; }
    static void all_gather(std::span<std::byte>, std::span<const std::size_t>) noexcept {}
    static void gather(std::span<std::byte>, std::span<const std::size_t>) noexcept {}
    static void all_reduce_sum(std::span<std::int32_t>) noexcept {}
    static void all_reduce_max(std::span<std::int32_t>) noexcept {}
    static void broadcast(std::span<std::byte>) noexcept {}
};

}  // namespace ternion
