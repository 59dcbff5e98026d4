#include <catch2/catch_test_macros.hpp>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <ternion/core/float16.hpp>
#include <vector>

#include "cli_program.hpp"
#include "golden.hpp"

using namespace bitnet_tests;

namespace {

using Counts = std::map<std::string, std::size_t>;

/// Of all ternary layers: their trits, and their scales as floats, or in the blocks of a format that has F16 there.
struct Layers {
    std::vector<std::int8_t> trits;
    std::vector<float> scales, rounded;

    explicit Layers(const bitnet::ModelSource& source) {
        for (const auto& tensor : source.tensors()) {
            if (tensor.kind != bitnet::TensorKind::ternary) continue;
            const auto found = source.ternary(tensor.name);
            std::vector<std::int8_t> all(found.rows() * found.cols());
            found.read(0, found.rows(), all);
            for (std::size_t i = 0; i < all.size(); ++i) {
                const auto scale =
                    found.matrix.scale_of(i / found.cols(), i % found.cols() / found.matrix.inputs_of_scale());
                scales.push_back(all[i] == 0 ? 0 : scale);
                rounded.push_back(static_cast<float>(ternion::Float16(scales.back())));
            }
            trits.insert(trits.end(), all.begin(), all.end());
        }
    }
};

}  // namespace

TEST_CASE("every golden model converts to every packing that can hold it, and gives the same bits then") {
    const TemporaryFolder folder;
    const std::string output = folder / "converted.gguf";
    Counts converted, refused;
    std::size_t exact = 0;
    for (const GoldenFamily& family : read_golden_families()) {
        for (const std::string& path : family.models) {
            const std::vector<float> expected = Loaded(path, 1).logits(family.tokens, family.tokens.size());
            for (const std::string layers : {"I2_S", "TQ1_0", "TQ2_0", "Q2_0", "PQ2_0"}) {
                INFO(path << " as " << layers);
                const Outcome outcome = run({"convert", "-m", path, "--output", output, "--layers", layers});
                if (outcome.status == 0) {
                    ++converted[layers];
                    const Layers before(*bitnet::open_model(path)), after(*bitnet::open_model(output));
                    CHECK((after.trits == before.trits));
                    CHECK((after.scales == (layers == "I2_S" ? before.scales : before.rounded)));
                    const auto logits = Loaded(output, 1).logits(family.tokens, family.tokens.size());
                    const bool same = after.scales == before.scales && path.find("llama-rope3-hf") == path.npos;
                    if (same) ++exact;
                    CHECK((logits == expected || !same));
                    CHECK(relative_rms<float>(logits, expected) < (after.scales == before.scales ? 1e-5 : 0.05));
                    std::filesystem::remove(output);
                    continue;
                }
                ++refused[layers];
                CHECK(outcome.status == 1);
                CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
                CHECK_THAT(outcome.err,
                           Catch::Matchers::ContainsSubstring(path) && Catch::Matchers::ContainsSubstring("--layers "));
                CHECK(folder.entries() == 0);
            }
        }
    }
    CHECK((converted == Counts{{"I2_S", 14}, {"TQ1_0", 4}, {"TQ2_0", 4}, {"Q2_0", 20}, {"PQ2_0", 11}}));
    CHECK((refused == Counts{{"I2_S", 8}, {"TQ1_0", 18}, {"TQ2_0", 18}, {"Q2_0", 2}, {"PQ2_0", 11}}));
    CHECK(exact == 43);
}
