#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "../model/batch.hpp"

namespace train {

/// Sequences that are never learned, of one kind. Each counts as right where all its targets are the likeliest tokens.
struct HeldOut {
    std::string name;
    std::vector<Batch> batches;
};

/// What a run learns from.
class Data {
 public:
    Data() = default;
    Data(const Data&) = delete;
    Data& operator=(const Data&) = delete;
    virtual ~Data() = default;

    /// The batch of that number: always the same one.
    virtual Batch training(std::size_t index) = 0;
    /// About so many sequences of each kind.
    virtual std::vector<HeldOut> held_out(std::size_t of_each) const = 0;
    /// The kinds, in the same order.
    virtual std::vector<std::string> kinds() const = 0;
    /// The longest sequence in tokens.
    virtual std::size_t longest() const = 0;
    /// Where batch `index` came from, for messages; empty where from no file.
    virtual std::string origin(std::size_t) { return {}; }
};

/// FNV-1a of numbers: what tells data apart.
class Fingerprint {
 public:
    template <class T>
    void add(const T& number) {
        value_ = (value_ ^ static_cast<std::uint64_t>(number)) * 0x100000001b3U;
    }
    template <class T>
    void add(const std::vector<T>& numbers) {
        for (const T& number : numbers)
            add(number);
    }
    void add(float number) { add(std::bit_cast<std::uint32_t>(number)); }
    void add(std::string_view bytes) {
        add(bytes.size());
        for (const char byte : bytes)
            add(static_cast<unsigned char>(byte));
    }
    std::uint64_t value() const { return value_; }
    /// As a checkpoint has it.
    std::string text() const {
        char digits[17];
        std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(value_));
        return digits;
    }

 private:
    std::uint64_t value_ = 0xcbf29ce484222325U;
};

}  // namespace train
