#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <cstring>
#include <string_view>

#include "compute/kernels.hpp"
#include "decoder_fixture.hpp"
#include "head/embedding.hpp"

namespace {

using namespace bitnet;
using bitnet_tests::random_floats;

/// A table [rows, cols] of random numbers in `format`, at an address that is `shift` bytes off.
struct Table {
    Table(std::string_view format, std::size_t rows, std::size_t cols, std::size_t shift) {
        const NumberFormat* known = find_number_format(format);
        REQUIRE(known != nullptr);
        const std::size_t size = rows * known->bytes(cols);
        bytes.resize(size + shift);
        const auto values = random_floats(rows * cols, 9);
        for (std::size_t i = 0; i < rows * cols && known->block_values == 1; ++i) {
            const ternion::Float16 half(values[i]);
            const ternion::BFloat16 brain(values[i]);
            const void* from = format == "F16" ? static_cast<const void*>(&half) : &brain;
            if (format == "F32") from = &values[i];
            std::memcpy(bytes.data() + shift + i * known->block_bytes, from, known->block_bytes);
        }
        if (format == "Q8_0") fill_q8_0(shift);
        table = {"token_embd.weight", known, rows, cols, std::span(bytes).subspan(shift)};
    }

    /// Blocks of an F16 scale and 32 bytes.
    void fill_q8_0(std::size_t at) {
        for (unsigned n = 0; at < bytes.size(); ++at, ++n)
            bytes[at] = n % 34 == 0 ? std::byte{0x12} : n % 34 == 1 ? std::byte{0x20} : static_cast<std::byte>(n * 37);
    }

    std::vector<std::byte> bytes;
    DenseTensor table;
};

TEST_CASE("logits are dot products with the rows, for one vector or many, in any number format") {
    const std::string_view format = GENERATE("F32", "F16", "BF16", "Q8_0");
    const std::size_t shift = GENERATE(0, 1);
    const std::size_t rows = GENERATE(1, 64, 131);
    const std::size_t cols = 352;
    const std::size_t count = GENERATE(1, 2, 64, 65);
    INFO(format << ", " << shift << " bytes off, " << rows << " rows, " << count << " vectors");
    const Table stored(format, rows, cols, shift);
    const Embedding embedding(stored.table, bitnet::find_kernels());
    const auto vectors = random_floats(count * cols, 10);
    std::vector<float> table(rows * cols);
    stored.table.read(0, table);
    std::vector<float> logits(count * rows, -1e9F);
    ternion::ThreadPool threads(2);
    embedding.logits(vectors, count, logits, threads);
    for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t r = 0; r < rows; ++r) {
            double sum = 0;
            for (std::size_t k = 0; k < cols; ++k)
                sum += static_cast<double>(table[r * cols + k]) * static_cast<double>(vectors[i * cols + k]);
            REQUIRE_THAT(logits[i * rows + r], Catch::Matchers::WithinAbs(sum, 3e-5));
        }
    }
    std::vector<float> row(cols);
    embedding.read(rows - 1, row);
    CHECK(std::ranges::equal(row, std::span(table).last(cols)));
    for (const int other : {1, 3}) {
        ternion::ThreadPool others(other);
        std::vector<float> again(logits.size());
        embedding.logits(vectors, count, again, others);
        CHECK(again == logits);
    }
}

}  // namespace
