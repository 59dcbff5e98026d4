#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "communicator.hpp"
#include "network_cost.hpp"

namespace ternion {

/// What was exchanged: collectives, the bytes that each left on a rank, and how long this rank was in them, which
/// includes waiting for ranks that still compute.
struct CommunicationCost {
    std::size_t collectives = 0;
    std::size_t bytes = 0;
    double seconds = 0;
};

/// A communicator of any kind behind virtual functions, itself a model of the concept, which counts what it does. So an
/// engine is compiled without knowing what connects the ranks.
class AnyCommunicator {
 public:
    AnyCommunicator() = default;
    AnyCommunicator(const AnyCommunicator&) = delete;
    AnyCommunicator& operator=(const AnyCommunicator&) = delete;
    virtual ~AnyCommunicator() = default;

    [[nodiscard]] virtual std::size_t rank() const noexcept = 0;
    [[nodiscard]] virtual std::size_t size() const noexcept = 0;
    /// Ends what all ranks do together, because this one can't go on: says why, and doesn't return.
    [[noreturn]] virtual void abort(const std::string& why) = 0;

    void all_gather(std::span<std::byte> all, std::span<const std::size_t> ends) {
        counted(all.size(), [&] { do_all_gather(all, ends); });
    }
    void gather(std::span<std::byte> all, std::span<const std::size_t> ends) {
        counted(all.size(), [&] { do_gather(all, ends); });
    }
    void all_reduce_sum(std::span<std::int32_t> values) {
        counted(values.size_bytes(), [&] { do_all_reduce_sum(values); });
    }
    void all_reduce_max(std::span<std::int32_t> values) {
        counted(values.size_bytes(), [&] { do_all_reduce_max(values); });
    }
    void broadcast(std::span<std::byte> bytes) {
        counted(bytes.size(), [&] { do_broadcast(bytes); });
    }

    [[nodiscard]] const CommunicationCost& cost() const noexcept { return cost_; }

    /// What collectives are known to take: by it ranks choose what to exchange, so it must be the same on all.
    [[nodiscard]] const std::optional<NetworkCost>& network() const noexcept { return network_; }
    void set_network(const NetworkCost& cost) noexcept { network_ = cost; }

 protected:
    virtual void do_all_gather(std::span<std::byte> all, std::span<const std::size_t> ends) = 0;
    virtual void do_gather(std::span<std::byte> all, std::span<const std::size_t> ends) = 0;
    virtual void do_all_reduce_sum(std::span<std::int32_t> values) = 0;
    virtual void do_all_reduce_max(std::span<std::int32_t> values) = 0;
    virtual void do_broadcast(std::span<std::byte> bytes) = 0;

 private:
    template <class F>
    void counted(std::size_t bytes, F&& collective) {
        const auto begin = std::chrono::steady_clock::now();
        collective();
        cost_.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        cost_.bytes += bytes;
        ++cost_.collectives;
    }

    CommunicationCost cost_;
    std::optional<NetworkCost> network_;
};

/// A communicator C as AnyCommunicator. C has a member abort(why), which doesn't return.
template <Communicator C>
class ErasedCommunicator final : public AnyCommunicator {
 public:
    explicit ErasedCommunicator(C ranks) : ranks_(std::move(ranks)) {}

    [[nodiscard]] std::size_t rank() const noexcept override { return ranks_.rank(); }
    [[nodiscard]] std::size_t size() const noexcept override { return ranks_.size(); }
    [[noreturn]] void abort(const std::string& why) override { ranks_.abort(why); }

 private:
    void do_all_gather(std::span<std::byte> all, std::span<const std::size_t> ends) override {
        ranks_.all_gather(all, ends);
    }
    void do_gather(std::span<std::byte> all, std::span<const std::size_t> ends) override { ranks_.gather(all, ends); }
    void do_all_reduce_sum(std::span<std::int32_t> values) override { ranks_.all_reduce_sum(values); }
    void do_all_reduce_max(std::span<std::int32_t> values) override { ranks_.all_reduce_max(values); }
    void do_broadcast(std::span<std::byte> bytes) override { ranks_.broadcast(bytes); }

    C ranks_;
};

}  // namespace ternion
