#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string>
#include <ternion/distributed/any_communicator.hpp>
#include <type_traits>
#include <vector>

namespace bitnet {

/// What rank 0 wants of all ranks.
enum class RankCommand : std::uint64_t {
    stop,
    load,
    forward,
    logits,
    likeliest,
    fingerprint,
    gather_block,
    append_block
};

/// What became of a KV cache between two steps: it is closed, or has the first tokens of another one.
struct CacheChange {
    static constexpr std::uint64_t nothing = 0;  // caches count from 1

    std::uint64_t cache;
    std::uint64_t from;
    std::uint64_t length;
};

/// A command and what belongs to it, as bytes: written on rank 0 in the order in which the others read it.
class RankMessage {
 public:
    explicit RankMessage(RankCommand command) { put(command); }

    template <class T>
    requires std::is_trivially_copyable_v<T>
    void put(const T& value) {
        put_bytes(std::as_bytes(std::span(&value, 1)));
    }
    template <class T>
    void put_all(std::span<const T> values) {
        put(values.size());
        put_bytes(std::as_bytes(values));
    }
    void put_text(std::string_view text) { put_all(std::span<const char>(text)); }

    template <class T>
    requires std::is_trivially_copyable_v<T>
    T take() {
        T value;
        std::memcpy(&value, take_bytes(sizeof value), sizeof value);
        return value;
    }
    template <class T>
    std::vector<T> take_all() {
        const auto count = take<std::size_t>();
        std::vector<T> values(count);
        const std::byte* from = take_bytes(count * sizeof(T));
        if (count != 0) std::memcpy(values.data(), from, count * sizeof(T));
        return values;
    }
    std::string take_text() {
        const std::vector<char> text = take_all<char>();
        return {text.begin(), text.end()};
    }

    /// Rank 0 sends it to all others.
    void send(ternion::AnyCommunicator& ranks) {
        Head head{};
        head.size = bytes_.size();
        const std::size_t first = std::min(bytes_.size(), sizeof head.bytes);
        std::memcpy(head.bytes, bytes_.data(), first);
        ranks.broadcast(std::as_writable_bytes(std::span(&head, 1)));
        if (bytes_.size() > first) ranks.broadcast(std::span(bytes_).subspan(first));
    }
    /// The others wait for it.
    static RankMessage receive(ternion::AnyCommunicator& ranks) {
        Head head{};
        ranks.broadcast(std::as_writable_bytes(std::span(&head, 1)));
        RankMessage message;
        message.bytes_.resize(static_cast<std::size_t>(head.size));
        const std::size_t first = std::min(message.bytes_.size(), sizeof head.bytes);
        std::memcpy(message.bytes_.data(), head.bytes, first);
        if (message.bytes_.size() > first) ranks.broadcast(std::span(message.bytes_).subspan(first));
        return message;
    }

 private:
    /// Short messages, as those of a token that is generated, are in it.
    struct Head {
        std::uint64_t size;
        std::byte bytes[248];
    };

    RankMessage() = default;

    void put_bytes(std::span<const std::byte> bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
    const std::byte* take_bytes(std::size_t count) {
        if (count > bytes_.size() - taken_) throw std::runtime_error("a message of rank 0 ends too early");
        taken_ += count;
        return bytes_.data() + (taken_ - count);
    }

    std::vector<std::byte> bytes_;
    std::size_t taken_ = 0;
};

}  // namespace bitnet
