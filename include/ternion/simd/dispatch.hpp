#pragma once

#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "../core/cpu.hpp"

namespace ternion::isas {
inline namespace TERNION_ABI {

/// A unit's own flags: the instruction set of programs without runtime dispatch.
struct own_flags {
    static constexpr std::string_view name = "default";
    static constexpr CpuFeatures features = enabled_features;
};

}  // namespace TERNION_ABI
}  // namespace ternion::isas

static_assert(
    (ternion::enabled_features & ~TERNION_ISA::features) == 0,
    "ternion: the compiler's flags allow more than the instruction set that this unit is dispatched as: a machine "
    "could be given instructions that it lacks");

namespace ternion {

/// An instruction set that a program has kernels for, and whether this machine can run them.
struct IsaStatus {
    std::string_view name;
    bool available;
};

inline namespace TERNION_ABI {

/// Chooses among kernels that were compiled once for each of Isas, best first: `Dispatcher<TERNION_ISAS>` in a target
/// of ternion_add_dispatched. The kernels are a function object `K` whose `template <class Isa> R operator()(Isa,
/// args...) const` is declared for all, and instantiated for TERNION_ISA by the dispatched source. An instruction set
/// is available where the machine and its system have all that its flags let the compiler use, not just what its name
/// says.
template <class... Isas>
class Dispatcher {
 public:
    /// The best instruction set that is available, or the one of this name. Throws std::invalid_argument for a name
    /// that isn't there, or that this machine can't run; std::runtime_error where it can run none.
    explicit Dispatcher(std::string_view name = {}) {
        const auto all = isas();
        while (index_ < all.size() && !(name.empty() ? all[index_].available : all[index_].name == name))
            ++index_;
        if (index_ == all.size() && name.empty()) {
            TERNION_THROW(std::runtime_error,
                          "this machine can run none of the instruction sets of this program: " + names(false));
        } else if (index_ == all.size()) {
            TERNION_THROW(std::invalid_argument,
                          "unknown instruction set: expected " + names(false) + ", found " + std::string(name));
        } else if (!all[index_].available) {
            TERNION_THROW(std::invalid_argument, "this machine can't run the instruction set " + std::string(name) +
                                                     ": expected " + names(true));
        }
    }

    [[nodiscard]] std::string_view name() const noexcept { return isas()[index_].name; }

    /// All instruction sets of the program, best first.
    [[nodiscard]] static std::array<IsaStatus, sizeof...(Isas)> isas() noexcept {
        const CpuFeatures found = cpu_features();
        return {IsaStatus{Isas::name, (Isas::features & ~found) == 0}...};
    }

    /// kernels(Isa{}, args...), with the instruction set chosen.
    template <class K, class... Args>
    decltype(auto) operator()(K&& kernels, Args&&... args) const {
        return call<0>(kernels, std::forward<Args>(args)...);
    }

 private:
    template <std::size_t I, class K, class... Args>
    decltype(auto) call(K& kernels, Args&&... args) const {
        if constexpr (I + 1 < sizeof...(Isas)) {
            if (index_ != I) return call<I + 1>(kernels, std::forward<Args>(args)...);
        }
        return kernels(std::tuple_element_t<I, std::tuple<Isas...>>{}, std::forward<Args>(args)...);
    }

    static std::string names(bool only_available) {
        std::string text;
        for (const auto& [name, available] : isas()) {
            if (only_available && !available) continue;
            text += (text.empty() ? "" : ", ") + std::string(name);
        }
        return text;
    }

    std::size_t index_ = 0;
};

}  // namespace TERNION_ABI
}  // namespace ternion
