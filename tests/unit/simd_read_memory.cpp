#include <catch2/catch_test_macros.hpp>
#include <ternion/simd/read_memory.hpp>
#include <vector>

namespace {

using namespace ternion;

TEST_CASE("read_memory reads each byte of whole pieces, and nothing behind them", "[read_memory]") {
    std::size_t archs = 0;
    for_each_type(all_archs{}, [&]<class Arch>(std::type_identity<Arch>) {
        CHECK(read_memory<Arch>(nullptr, 255) == 0);
        std::vector<std::byte> bytes(1024 + 100, std::byte{7});
        const auto untouched = read_memory<Arch>(bytes.data(), bytes.size());
        std::size_t noticed = 0;
        for (std::byte& byte : bytes) {
            byte = std::byte{8};
            noticed += read_memory<Arch>(bytes.data(), bytes.size()) != untouched;
            byte = std::byte{7};
        }
        CHECK(noticed == 1024);
        ++archs;
    });
    CHECK(archs == all_archs::size);
}

}  // namespace
