#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <string>

#include "packing_checks.hpp"

namespace isa {

namespace {

struct Golden {
    std::string_view packing;
    std::uint64_t hash;
};

constexpr Golden golden[] = {
    {"int8", 0x332449449a5a1637},
    {"i2_s", 0xf9c13472aa1d7152},
    {"tq1_0", 0x280629514564f553},
    {"tq2_0", 0xb4bfac5f0f3a47f8},
    {"q2_0", 0x9cbaba12f4580110},
    {"hugging_face", 0xd95437aabde1a495},
    {"interleaved2x16", 0x3b61640a481c87c5},
    {"trits5x16", 0x369ee580f23e846d},
    {"pair_lookup", 0x4c9bdadbda013480},
    {"triple_lookup", 0x9f94b8f73f0579e1},
    {"bit_planes", 0xecab6d009b4b43fc},
    {"trits5_rows", 0x0148bc3dec330978},
    {"trits5_rows_by_input", 0x885ecf0d08992e35},
    {"two_bit_rows_by_input", 0x59d05ba35d16f545},
};

}  // namespace

void check_packed_bytes(Report& report, std::string_view packing, std::uint64_t found) {
    std::uint64_t expected = 0;
    for (const Golden& entry : golden) {
        if (entry.packing == packing) expected = entry.hash;
    }
    char hash[32];
    std::snprintf(hash, sizeof hash, "0x%016" PRIx64, found);
    const std::string name(packing);
    report.check(found == expected, "the packed bytes of " + name + ": golden_bytes.cpp should say {\"" + name +
                                        "\", " + hash + "}, if they are right");
}

}  // namespace isa
