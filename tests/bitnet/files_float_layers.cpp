#include "files/float_layers.hpp"

#include <cmath>
#include <cstring>
#include <limits>

#include "decoder_fixture.hpp"
#include "files_fixture.hpp"

using namespace bitnet_tests;
using bitnet::Masters;
using bitnet::TernaryTensor;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Floats as a file holds them.
struct Stored {
    Stored(std::size_t rows_, std::size_t cols_, std::vector<float> numbers_)
        : rows(rows_), cols(cols_), numbers(std::move(numbers_)) {}

    bitnet::DenseTensor tensor() const {
        return {"t", bitnet::find_number_format("F32"), rows, cols, std::as_bytes(std::span(numbers))};
    }

    std::size_t rows, cols;
    std::vector<float> numbers;
};

/// Trits times the scale of their run of a row.
Stored with_scales(std::size_t rows, std::size_t cols, std::size_t run) {
    Stored stored(rows, cols, random_floats(rows * cols, 5));
    for (std::size_t i = 0; i < stored.numbers.size(); ++i) {
        const std::size_t n = i / cols, k = i % cols;
        const float scale = 0.25F + static_cast<float>(n) + static_cast<float>(k / run) / 64;
        float& x = stored.numbers[i];
        x = (static_cast<float>(x > 0.3F) - static_cast<float>(x < -0.3F)) * scale;
    }
    return stored;
}

std::vector<float> numbers_of(const TernaryTensor& tensor) {
    std::vector<std::int8_t> trits(tensor.rows() * tensor.cols());
    tensor.read(0, tensor.rows(), trits);
    std::vector<float> numbers;
    for (std::size_t i = 0; i < trits.size(); ++i) {
        const std::size_t k = i % tensor.cols(), run = tensor.matrix.group_inputs;
        numbers.push_back(static_cast<float>(trits[i]) *
                          tensor.matrix.scale_of(i / tensor.cols(), run == 0 ? 0 : k / run));
    }
    return numbers;
}

TernaryTensor exact(const Stored& stored) {
    CHECK(bitnet::is_ternary(stored.tensor()));
    return bitnet::ternary_of(stored.tensor(), Masters::refused, "file");
}

}  // namespace

TEST_CASE("floats that are ternary with one scale keep every bit of it") {
    const float scale = 0x1.23456p-7F;
    const Stored stored(2, 4, {scale, -scale, 0, -0.0F, scale, 0, 0, -scale});
    const TernaryTensor tensor = exact(stored);
    CHECK(tensor.matrix.has_one_scale());
    CHECK(tensor.scale() == scale);
    CHECK(tensor.format == "F32");
    std::vector<std::int8_t> trits(8);
    tensor.read(0, 2, trits);
    CHECK(trits == std::vector<std::int8_t>{1, -1, 0, 0, 1, 0, 0, -1});

    const TernaryTensor zeros = exact(Stored(2, 3, std::vector<float>(6)));
    CHECK(zeros.scale() == 1);
    CHECK(numbers_of(zeros) == std::vector<float>(6));
}

TEST_CASE("floats with a scale for each row, or for the largest groups that fit, are exact") {
    struct Case {
        std::size_t cols, run, group;  // group 0 is a scale for a row
    };
    // The last group of a row may be shorter: 300 = 256 + 44, 200 = 128 + 72, 100 = 64 + 36.
    for (const auto& [cols, run, group] : {Case{96, 96, 0},
                                           {512, 256, 256},
                                           {300, 256, 256},
                                           {256, 128, 128},
                                           {200, 128, 128},
                                           {384, 128, 128},
                                           {128, 64, 64},
                                           {100, 64, 64},
                                           {192, 64, 64}}) {
        INFO(cols << " columns, groups of " << run);
        const Stored stored = with_scales(5, cols, run);
        const TernaryTensor tensor = exact(stored);
        CHECK_FALSE(tensor.matrix.has_one_scale());
        CHECK(tensor.matrix.group_inputs == group);
        CHECK(tensor.matrix.groups() == (group == 0 ? 1 : (cols + group - 1) / group));
        CHECK(numbers_of(tensor) == stored.numbers);
        CHECK(numbers_of(tensor.scaled(2))[7] == 2 * stored.numbers[7]);
    }
}

TEST_CASE("one number that doesn't fit makes floats masters, which are refused or quantised") {
    Stored stored = with_scales(3, 128, 64);
    for (float& x : stored.numbers)
        if (x != 0) {
            x = std::nextafter(x, 0.0F);
            break;
        }
    CHECK_FALSE(bitnet::is_ternary(stored.tensor()));
    CHECK_THAT(refusal([&] { bitnet::ternary_of(stored.tensor(), Masters::refused, "file"); }),
               ContainsSubstring("file: expected ternary weights in tensor \"t\" (the command `ternarize` quantises "
                                 "others), found F32 numbers that aren't -s, 0 and s"));
    // A group of 32 has a scale of its own, and no packing has such.
    CHECK_FALSE(bitnet::is_ternary(with_scales(2, 128, 32).tensor()));

    const TernaryTensor tensor = bitnet::ternary_of(stored.tensor(), Masters::quantised, "file");
    double sum = 0;
    for (const float x : stored.numbers)
        sum += std::abs(static_cast<double>(x));
    CHECK(tensor.matrix.has_one_scale());
    CHECK(std::abs(static_cast<double>(tensor.scale()) / (sum / 384) - 1) < 1e-6);
    const std::vector<float> numbers = numbers_of(tensor);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const float expected = std::clamp(std::nearbyint(stored.numbers[i] / tensor.scale()), -1.0F, 1.0F);
        if (numbers[i] != expected * tensor.scale()) FAIL_CHECK("weight " << i);
    }
}

TEST_CASE("ternary floats are taken as they are, also where masters would be quantised") {
    const Stored stored(1, 4, {3, 0, 0, 0});  // absmean would make 0.75 of it
    CHECK(bitnet::ternary_of(stored.tensor(), Masters::quantised, "file").scale() == 3);
}

TEST_CASE("floats with a NaN or an infinity are no weights, however they are taken") {
    for (const float bad : {std::nanf(""), std::numeric_limits<float>::infinity(), -std::nanf("")}) {
        for (const std::size_t at : {0, 3}) {
            std::vector<float> numbers = {1, 0, 0, -1};
            numbers[at] = bad;
            const Stored stored(2, 2, numbers);
            CHECK_FALSE(bitnet::is_ternary(stored.tensor()));
            CHECK_THAT(refusal([&] { bitnet::ternary_of(stored.tensor(), Masters::refused, "file"); }),
                       ContainsSubstring("tensor \"t\""));
            CHECK_THAT(refusal([&] { bitnet::ternary_of(stored.tensor(), Masters::quantised, "file"); }),
                       ContainsSubstring("finite weights in tensor \"t\", found NaN or infinity"));
        }
    }
}

TEST_CASE("a head's rows in the order of pairs and of halves") {
    for (const std::size_t run : {512, 128, 64, 1024}) {
        const std::size_t head_dim = 6, rows = 2 * head_dim, cols = 512;
        Stored stored = with_scales(rows, cols, run);
        if (run == 1024)
            for (float& x : stored.numbers)
                x = static_cast<float>((x > 0) - (x < 0)) * 0.5F;
        const TernaryTensor tensor = exact(stored);
        CHECK(tensor.matrix.has_one_scale() == (run == 1024));
        const TernaryTensor pairs = bitnet::in_pairs(tensor, head_dim), halves = bitnet::in_halves(tensor, head_dim);
        const std::vector<float> in_pairs = numbers_of(pairs), in_halves = numbers_of(halves);
        const auto row = [&](const std::vector<float>& numbers, std::size_t n) {
            const auto begin = numbers.begin() + static_cast<std::ptrdiff_t>(n * cols);
            return std::vector<float>(begin, begin + static_cast<std::ptrdiff_t>(cols));
        };
        const std::size_t pair_order[] = {0, 3, 1, 4, 2, 5};
        for (std::size_t n = 0; n < rows; ++n) {
            const std::size_t of = n / head_dim * head_dim + pair_order[n % head_dim];
            CHECK(row(in_pairs, n) == row(stored.numbers, of));
            CHECK(row(in_halves, of) == row(stored.numbers, n));
        }
        CHECK(numbers_of(bitnet::in_halves(pairs, head_dim)) == stored.numbers);
        CHECK(numbers_of(bitnet::in_pairs(halves, head_dim)) == stored.numbers);
        CHECK(pairs.name == "t");
    }
}
