#pragma once

#include <cstddef>
#include <type_traits>

namespace ternion {

/// A list of types; `all_packings` and `test_archs` are such lists.
template <class... T>
struct type_list {
    static constexpr std::size_t size = sizeof...(T);
};

/// Calls f(std::type_identity<T>{}) for each type of the list, in order.
template <class... T, class F>
constexpr void for_each_type(type_list<T...>, F&& f) {
    (f(std::type_identity<T>{}), ...);
}

namespace detail {

template <class List, class T>
struct append;

template <class... T, class U>
struct append<type_list<T...>, U> {
    using type = type_list<T..., U>;
};

}  // namespace detail

/// The list with one more type at its end.
template <class List, class T>
using append_t = typename detail::append<List, T>::type;

}  // namespace ternion
