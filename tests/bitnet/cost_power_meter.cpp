#include <catch2/catch_test_macros.hpp>
#include <filesystem>

#include "cost/power_meter.hpp"
#include "files_fixture.hpp"

namespace {

using namespace bitnet_tests;

void put(const TemporaryFolder& folder, const std::string& domain, const std::string& name, const std::string& energy) {
    std::filesystem::create_directories(folder / domain);
    write_text(folder / domain + "/name", name + "\n");
    write_text(folder / domain + "/max_energy_range_uj", "5000000\n");
    write_text(folder / domain + "/energy_uj", energy + "\n");
}

TEST_CASE("cost: joules of processors and their DRAM are added up, also where a counter begins again") {
    const TemporaryFolder folder;
    put(folder, "intel-rapl:0", "package-0", "1000000");
    put(folder, "intel-rapl:0:0", "core", "0");  // a part of the processor
    put(folder, "intel-rapl:0:1", "dram", "4000000");
    put(folder, "intel-rapl:1", "psys", "0");  // the whole machine
    bitnet::PowerMeter meter(folder / "");
    REQUIRE(meter.works());
    CHECK(meter.joules() == 0);
    put(folder, "intel-rapl:0", "package-0", "3500000");
    put(folder, "intel-rapl:0:0", "core", "2000000");
    put(folder, "intel-rapl:1", "psys", "4000000");
    CHECK(meter.joules() == 2.5);
    put(folder, "intel-rapl:0:1", "dram", "500000");
    CHECK(meter.joules() == 4);
    CHECK(meter.joules() == 4);
}

TEST_CASE("cost: a machine without counters, or with such that aren't for us, is told apart") {
    const TemporaryFolder folder;
    CHECK(bitnet::PowerMeter(folder / "none").missing().find("no counters in ") != std::string::npos);
    CHECK(bitnet::PowerMeter(folder / "").missing().find("no counters in ") != std::string::npos);
    put(folder, "intel-rapl:0", "package-0", "1");
    CHECK(bitnet::PowerMeter(folder / "").works());
    std::filesystem::remove(folder / "intel-rapl:0/energy_uj");  // which others than root can't read
    CHECK(bitnet::PowerMeter(folder / "").missing().find("only root may read ") != std::string::npos);
}

}  // namespace
