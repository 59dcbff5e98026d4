// Which backends this build has: a machine's instructions that silently go unused make no test fail but this one.

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <string_view>
#include <ternion/ternion.hpp>
#include <vector>

namespace {

using namespace ternion;

/// What the compiler's flags promise. The namespace of a later instruction set has its backend's name.
constexpr std::string_view expected_backend() {
#if defined(TERNION_NO_SIMD)
    return "scalar";
#elif defined(__AVX512VNNI__) && defined(__AVX512VBMI__)
    return "avx512vbmi";
#elif defined(__AVX512VNNI__) && defined(__AVX512BW__)
    return "avx512vnni";
#elif defined(__AVX512BW__)
    return "avx512bw";
#elif defined(__AVXVNNI__)
    return "avxvnni";
#elif defined(__AVX2__)
    return "avx2";
#elif defined(__SSSE3__)
    return "ssse3";
#elif defined(__SSE2__)
    return "generic";
#else
    return {};
#endif
}

std::vector<std::string> backends() {
    std::vector<std::string> names;
    for_each_type(all_archs{}, [&]<class Arch>(std::type_identity<Arch>) {
        using Backend = backend_of<Arch>;
        names.push_back(std::string(Backend::name) + "/" + std::to_string(Backend::bytes));
    });
    return names;
}

[[maybe_unused]] bool has(const std::vector<std::string>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

TEST_CASE("the default arch has the backend that the compiler's flags allow", "[isa]") {
    INFO("default backend: " << backend_of<default_arch>::name);
    constexpr std::string_view name = backend_of<default_arch>::name;
    const bool named = TERNION_TEXT(TERNION_ABI) == "x86_" + std::string(name);
    if (!expected_backend().empty() && !named) CHECK(name == expected_backend());
    CHECK(backends().front() ==
          std::string(backend_of<default_arch>::name) + "/" + std::to_string(backend_of<default_arch>::bytes));
}

TEST_CASE("all_archs has one arch for each backend, the scalar one last", "[isa]") {
    const auto names = backends();
    CHECK(names.size() == all_archs::size);
    CHECK(names.back() == "scalar/16");
    auto sorted = names;
    std::sort(sorted.begin(), sorted.end());
    CHECK(std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end());
#if defined(TERNION_NO_SIMD)
    CHECK(all_archs::size == 1);
#else
#if defined(__AVX512VNNI__) && defined(__AVX512VBMI__)
    CHECK(has(names, "avx512vbmi/64"));
#endif
#if defined(__AVX512VNNI__) && defined(__AVX512BW__)
    CHECK(has(names, "avx512vnni/64"));
#endif
#if defined(__AVX512BW__)
    CHECK(has(names, "avx512bw/64"));
#endif
#if defined(__AVXVNNI__)
    CHECK(has(names, "avxvnni/32"));
#endif
#if defined(__AVX2__)
    CHECK(has(names, "avx2/32"));
#endif
#if defined(__SSE2__)
    CHECK(has(names, "generic/16"));
    CHECK(all_archs::size >= 2);
#endif
#endif
}

TEST_CASE("an arch without a backend of its own gets the best that it derives from", "[isa]") {
    CHECK(backend_of<Scalar>::name == "scalar");
#if !defined(TERNION_NO_SIMD)
#if XSIMD_WITH_SSE2
    CHECK(backend_of<xsimd::sse2>::name == "generic");
#endif
#if XSIMD_WITH_SSSE3
    CHECK(backend_of<xsimd::ssse3>::name == "ssse3");
#endif
#if XSIMD_WITH_AVX
    CHECK(backend_of<xsimd::avx>::name == "ssse3");
#endif
#if XSIMD_WITH_AVX2
    CHECK(backend_of<xsimd::avx2>::name == "avx2");
#endif
#if XSIMD_WITH_FMA3_AVX2
    CHECK(backend_of<xsimd::fma3<xsimd::avx2>>::name == "avx2");
#endif
#if XSIMD_WITH_AVX512F
    CHECK(backend_of<xsimd::avx512f>::name == "avx2");
#endif
#if XSIMD_WITH_AVX512BW
    CHECK(backend_of<xsimd::avx512bw>::name == "avx512bw");
#endif
#if XSIMD_WITH_AVX512VBMI
    CHECK(backend_of<xsimd::avx512vbmi>::name == "avx512bw");
#endif
#if XSIMD_WITH_AVX512VNNI_AVX512BW
    CHECK(backend_of<xsimd::avx512vnni<xsimd::avx512bw>>::name == "avx512vnni");
#endif
#if XSIMD_WITH_AVX512VNNI_AVX512VBMI
    CHECK(backend_of<xsimd::avx512vnni<xsimd::avx512vbmi>>::name == "avx512vbmi");
#endif
#endif
}

}  // namespace
