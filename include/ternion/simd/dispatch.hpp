#pragma once

#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "arch.hpp"

namespace ternion {

/// An instruction set that a program has kernels for, and whether this machine can run them.
struct ArchStatus {
    std::string_view name;
    bool available;
};

inline namespace TERNION_ABI {

/// Chooses among kernels that were compiled once for each of Archs, best first: `Dispatcher<TERNION_ARCHS>` in a target
/// of ternion_add_dispatched. The kernels are a function object `K` whose `template <class Arch> R operator()(Arch,
/// args...) const` is declared for all, and instantiated for TERNION_ARCH by the dispatched source. An arch is
/// available where the machine and its system have all that its flags let the compiler use, not just what its name
/// says.
template <class... Archs>
class Dispatcher {
 public:
    /// The best arch that is available, or the one of this name. Throws std::invalid_argument for a name that isn't
    /// there, or that this machine can't run; std::runtime_error where it can run none.
    explicit Dispatcher(std::string_view name = {}) {
        const auto all = archs();
        while (index_ < all.size() && !(name.empty() ? all[index_].available : all[index_].name == name))
            ++index_;
        if (index_ == all.size() && name.empty()) {
            TERNION_THROW(std::runtime_error,
                          "this machine can run none of the archs of this program: " + names(false));
        } else if (index_ == all.size()) {
            TERNION_THROW(std::invalid_argument,
                          "unknown arch: expected " + names(false) + ", found " + std::string(name));
        } else if (!all[index_].available) {
            TERNION_THROW(std::invalid_argument,
                          "this machine can't run the arch " + std::string(name) + ": expected " + names(true));
        }
    }

    [[nodiscard]] std::string_view name() const noexcept { return archs()[index_].name; }

    /// All archs of the program, best first.
    [[nodiscard]] static std::array<ArchStatus, sizeof...(Archs)> archs() noexcept {
        const CpuFeatures found = cpu_features();
        return {ArchStatus{Archs::name, (Archs::features & ~found) == 0}...};
    }

    /// kernels(Arch{}, args...), with the arch chosen.
    template <class K, class... Args>
    decltype(auto) operator()(K&& kernels, Args&&... args) const {
        return call<0>(kernels, std::forward<Args>(args)...);
    }

 private:
    template <std::size_t I, class K, class... Args>
    decltype(auto) call(K& kernels, Args&&... args) const {
        if constexpr (I + 1 < sizeof...(Archs)) {
            if (index_ != I) return call<I + 1>(kernels, std::forward<Args>(args)...);
        }
        return kernels(std::tuple_element_t<I, std::tuple<Archs...>>{}, std::forward<Args>(args)...);
    }

    static std::string names(bool only_available) {
        std::string text;
        for (const auto& [name, available] : archs()) {
            if (only_available && !available) continue;
            text += (text.empty() ? "" : ", ") + std::string(name);
        }
        return text;
    }

    std::size_t index_ = 0;
};

}  // namespace TERNION_ABI
}  // namespace ternion
