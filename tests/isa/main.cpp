// Every packing on the arch that this program was compiled for, compared with the naive oracle and with bytes that are
// the same on all machines. isa_tests [BACKEND/BYTES]: fails, too, where the flags led to another backend.

#include <cstdio>
#include <string>
#include <utility>

#include "isa_tests.hpp"

int main(int argc, char** argv) {
    using Backend = ternion::backend_of<ternion::default_arch>;
    isa::Report report;
    const std::string backend = std::string(Backend::name) + "/" + std::to_string(Backend::bytes);
    const std::string expected = argc > 1 && argv[1][0] != '\0' ? argv[1] : backend;
    report.check(backend == expected, "the backend is " + backend + ", not " + expected);

    isa::check_backends(report);
    isa::check_quantizer(report);
    isa::check_family(report);
    const std::size_t packings = [&]<std::size_t... Shard>(std::index_sequence<Shard...>) {
        return (isa::check_packings<Shard>(report) + ...);
    }(std::make_index_sequence<PACKING_SHARDS>{});
    report.check(packings == ternion::all_packings::size, "packings that were tested: " + std::to_string(packings));

    std::printf("%s: %zu packings on %zu archs, %zu checks, %zu failures\n", backend.c_str(), packings,
                isa::tested_archs::size, report.checks, report.failures);
    return report.failures != 0;
}
