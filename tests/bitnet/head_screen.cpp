#include <algorithm>
#include <bit>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include <bitnet/sampling.hpp>
#include "compute/kernels.hpp"
#include "decoder_fixture.hpp"
#include "head/likeliest.hpp"

namespace {

using namespace bitnet;
using bitnet_tests::random_floats;

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

/// A head of floats, or of the F16 numbers next to them.
struct Head {
    Head(std::vector<float> numbers, std::size_t columns, bool halves = true) : cols(columns) {
        const NumberFormat* format = find_number_format(halves ? "F16" : "F32");
        bytes = ternion::AlignedBuffer<std::byte>(numbers.size() * format->block_bytes);
        if (halves) {
            ternion::narrow(std::span<const float>(numbers),
                            std::span(reinterpret_cast<ternion::Float16*>(bytes.data()), numbers.size()));
        } else {
            std::memcpy(bytes.data(), numbers.data(), bytes.size());
        }
        table = {"token_embd.weight", format, numbers.size() / cols, cols, {bytes.data(), bytes.size()}};
    }
    std::size_t rows() const { return table.rows; }

    std::size_t cols;
    ternion::AlignedBuffer<std::byte> bytes;
    DenseTensor table;
};

/// What a sampler that looks at the `best` likeliest besides `always` may see: those, in order, then `always` by id.
std::vector<Candidate> visible(std::span<const Candidate> all, std::size_t best, std::span<const int> always) {
    std::vector<Candidate> others, seen;
    for (const Candidate& c : all)
        (std::ranges::find(always, c.id) == always.end() ? others : seen).push_back(c);
    std::ranges::sort(others, Candidate::likelier);
    others.resize(std::min(others.size(), best));
    std::ranges::sort(seen, {}, &Candidate::id);
    others.insert(others.end(), seen.begin(), seen.end());
    return others;
}

bool same(std::span<const Candidate> a, std::span<const Candidate> b) {
    return std::ranges::equal(a, b, [](const Candidate& x, const Candidate& y) {
        return x.id == y.id && std::bit_cast<std::uint32_t>(x.logit) == std::bit_cast<std::uint32_t>(y.logit);
    });
}

/// Checks one vector against the full head; returns how many exact logits the screen asked for.
std::size_t check(const Head& head, std::span<const float> vector, std::size_t best,
                  const std::vector<int>& always = {}) {
    ternion::ThreadPool threads(2);
    const Embedding embedding(head.table, bitnet::find_kernels());
    const Screen screen(embedding, threads);
    Likeliest by_screen(embedding, &screen, 8), by_all(embedding, nullptr, 8);
    by_screen.reset(vector);
    by_all.reset(vector);
    const auto few = by_screen.after(0, best, always, threads);
    const auto all = by_all.after(0, best, always, threads);
    REQUIRE(all.size() == head.rows());
    const auto is_number = [](const Candidate& c) { return std::isfinite(c.logit); };
    const bool numbers = std::ranges::all_of(all, is_number);
    // Samplers refuse logits that aren't numbers, so a fault must show in either way, and then nothing else matters.
    CHECK(std::ranges::all_of(few, is_number) == numbers);
    if (numbers) CHECK(same(visible(few, best, always), visible(all, best, always)));
    return few.size();
}

TEST_CASE("the screen finds what the full head finds, on random heads and states") {
    const std::size_t rows = 5003, cols = GENERATE(64, 130, 2560);
    const unsigned seed = GENERATE(1u, 2u, 3u);
    const Head head(random_floats(rows * cols, seed), cols);
    auto vector = random_floats(cols, seed + 100, 3);
    const bool outliers = GENERATE(false, true);
    for (std::size_t i = 0; outliers && i < cols; i += 61)
        vector[i] *= 50;
    INFO(cols << " columns, seed " << seed << (outliers ? ", outliers" : ""));
    for (const std::size_t best : {1, 2, 40}) {
        const std::size_t asked =
            check(head, vector, best, best == 2 ? std::vector{0, 17, 4000, 5002} : std::vector<int>{});
        CHECK(asked < rows / 4);  // it did screen
        CHECK(asked >= best);
    }
}

TEST_CASE("the screen loses nothing among equal rows, and the lower id comes first") {
    const std::size_t cols = 256;
    const auto one = random_floats(cols, 5);
    std::vector<float> numbers = random_floats(4000 * cols, 6, 0.5F);
    // Thirty copies of the likeliest row, far apart.
    for (std::size_t i = 0; i < 30; ++i)
        std::ranges::copy(one, numbers.begin() + static_cast<std::ptrdiff_t>((i * 131 + 7) * cols));
    const Head head(numbers, cols);
    for (const std::size_t best : {1, 10, 30, 31, 40})
        CHECK(check(head, one, best) < 1000);
    const Head equal(std::vector<float>(1000 * cols, 0.25F), cols);
    check(equal, one, 3);
    const Head zeros(std::vector<float>(1000 * cols), cols);
    check(zeros, one, 3);
    check(head, std::vector<float>(cols), 3);
}

TEST_CASE("the screen separates rows that differ in the last bit of one number") {
    const std::size_t cols = 2560;
    const auto one = random_floats(cols, 8);
    std::vector<float> numbers = random_floats(2000 * cols, 9, 0.1F);
    for (std::size_t i = 0; i < 100; ++i) {
        const std::size_t row = i * 19 + 3;
        std::ranges::copy(one, numbers.begin() + static_cast<std::ptrdiff_t>(row * cols));
        float& number = numbers[row * cols + i];
        number = static_cast<float>(ternion::Float16(number * (1 + 0.001F * static_cast<float>(i % 5))));
    }
    const Head head(numbers, cols);
    for (const std::size_t best : {1, 5, 40, 99})
        check(head, one, best);
}

double product(std::span<const float> a, std::span<const float> b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    return sum;
}

TEST_CASE("a state along what rounding left of a row needs all of the bound, and has it") {
    const std::size_t cols = 1024, rows = 1000;
    std::vector<float> numbers = random_floats(rows * cols, 51, 1e-3F);
    const auto row = [&](std::size_t r) { return std::span(numbers).subspan(r * cols, cols); };
    for (float& number : row(700))
        number *= 1000;
    // w = s c + e, and a state of e with just as much of s c that both give the same.
    std::vector<std::int8_t> codes(cols);
    const float scale = ternion::Absmax<8>::quantize_token(row(700).data(), cols, codes.data()).scale;
    std::vector<float> kept(cols), state(cols);
    for (std::size_t k = 0; k < cols; ++k) {
        kept[k] = scale * static_cast<float>(codes[k]);
        state[k] = row(700)[k] - kept[k];
    }
    const double rest = product(state, state);
    const double part = rest / product(kept, kept);
    for (std::size_t k = 0; k < cols; ++k)
        state[k] += static_cast<float>(part) * kept[k];
    // A row that int8 holds exactly, and whose logit is a little lower: less than the bound proves.
    const double grow = (product(row(700), state) - 0.02 * rest) / product(kept, state);
    for (std::size_t k = 0; k < cols; ++k)
        row(300)[k] = static_cast<float>(grow) * kept[k];
    REQUIRE(product(row(300), state) < product(row(700), state));
    CHECK(check(Head(numbers, cols, false), state, 1) < rows / 4);
}

TEST_CASE("rows and states of any size, and what is no number, give what the full head gives") {
    const std::size_t cols = 192;
    std::vector<float> numbers = random_floats(3000 * cols, 11);
    auto vector = random_floats(cols, 12);
    const auto scale_row = [&](std::size_t row, float by) {
        for (std::size_t k = 0; k < cols; ++k)
            numbers[row * cols + k] *= by;
    };
    SECTION("rows of very different norms") {
        for (std::size_t row = 0; row < 3000; ++row)
            scale_row(row, std::pow(10.0F, static_cast<float>(row % 9) - 4));
        check(Head(numbers, cols, false), vector, 40);
        scale_row(77, 1e15F);
        check(Head(numbers, cols, false), vector, 40);
        scale_row(78, 1e25F);  // its logit is a number, but not its norm's square
        check(Head(numbers, cols, false), vector, 40);
    }
    SECTION("numbers that underflow") {
        for (std::size_t row = 0; row < 3000; ++row)
            scale_row(row, 1e-25F);
        check(Head(numbers, cols, false), vector, 40);
        for (float& x : vector)
            x *= 1e-18F;
        check(Head(numbers, cols, false), vector, 40);
    }
    SECTION("a logit that overflows though all numbers are finite") {
        std::fill_n(numbers.begin() + 500 * cols, cols, 1e18F);
        for (float& x : vector)
            x = 1e20F;
        check(Head(numbers, cols, false), vector, 1);
    }
    SECTION("a row that is no number") {
        numbers[1234 * cols + 5] = GENERATE(not_a_number, infinity, -infinity);
        check(Head(numbers, cols), vector, 40);
        check(Head(numbers, cols, false), vector, 1);
    }
    SECTION("a state that is no number") {
        vector[7] = GENERATE(not_a_number, infinity, -infinity);
        check(Head(numbers, cols), vector, 40);
    }
}

TEST_CASE("bounds hold for every row") {
    const std::size_t cols = GENERATE(48, 2560);
    const std::size_t rows = 700;
    ternion::ThreadPool threads(1);
    auto numbers = random_floats(rows * cols, 21);
    for (std::size_t i = 0; i < numbers.size(); i += 37)
        numbers[i] *= 20;
    const Head head(numbers, cols);
    const Embedding embedding(head.table, bitnet::find_kernels());
    const Screen screen(embedding, threads);
    const auto vectors = random_floats(3 * cols, 22);
    std::vector<LogitBounds> bounds(3);
    screen.bound(vectors, bounds, threads);
    for (std::size_t i = 0; i < 3; ++i) {
        std::vector<float> logits(rows);
        embedding.logits(std::span(vectors).subspan(i * cols, cols), 1, logits, threads);
        for (std::size_t r = 0; r < rows; ++r) {
            REQUIRE(logits[r] <= bounds[i].upper[r]);
            REQUIRE(bounds[i].upper[r] <= bounds[i].top[r / Screen::group]);
        }
        for (std::size_t begin = 0; begin < rows; begin += Screen::group) {
            const auto end = logits.begin() + static_cast<std::ptrdiff_t>(std::min(rows, begin + Screen::group));
            const float most = *std::max_element(logits.begin() + static_cast<std::ptrdiff_t>(begin), end);
            REQUIRE(bounds[i].sure[begin / Screen::group] <= most);
        }
    }
}

TEST_CASE("a sampler chooses the same from the screen as from all logits, penalties included") {
    const std::size_t rows = 20000, cols = 128;
    ternion::ThreadPool threads(2);
    const Head head(random_floats(rows * cols, 31), cols);
    const Embedding embedding(head.table, bitnet::find_kernels());
    const Screen screen(embedding, threads);
    SamplingOptions options;
    options.temperature = GENERATE(0.0F, 0.9F);
    options.top_k = GENERATE(1, 40);
    options.repeat_penalty = GENERATE(1.0F, 1.3F, 5.0F, 0.5F);
    options.repeat_last_n = GENERATE(64, -1);
    Sampler sampler(options), other(options);
    Likeliest likeliest(embedding, &screen, 8);
    std::vector<int> history;
    std::vector<float> logits(rows);
    for (unsigned step = 0; step < 60; ++step) {
        const auto vector = random_floats(cols, 1000 + step % 7);  // the same states again: penalties decide
        likeliest.reset(vector);
        const auto few = likeliest.after(0, sampler.needed(), sampler.penalised(history), threads);
        CHECK(few.size() < rows / 4);
        embedding.logits(vector, 1, logits, threads);
        const int token = sampler(few, history);
        REQUIRE(token == other(logits, history));
        history.push_back(token);
    }
}

TEST_CASE("several vectors screened at once have the candidates of each alone") {
    const std::size_t rows = 3000, cols = 128;
    ternion::ThreadPool threads(3);
    const Head head(random_floats(rows * cols, 41), cols);
    const Embedding embedding(head.table, bitnet::find_kernels());
    const Screen screen(embedding, threads);
    const auto vectors = random_floats(11 * cols, 42);
    Likeliest together(embedding, &screen, 4), alone(embedding, &screen, 1);
    together.reset(vectors);
    for (const std::size_t i : {0, 3, 2, 9, 10, 4}) {
        alone.reset(std::span(vectors).subspan(i * cols, cols));
        CHECK(same(together.after(i, 40, {}, threads), alone.after(0, 40, {}, threads)));
    }
    CHECK_THROWS_AS(together.after(11, 1, {}, threads), std::out_of_range);
}

}  // namespace
