#include "../files/synth.hpp"

#include <program/cli/interrupt.hpp>
#include <program/cli/number_option.hpp>
#include <program/cli/output.hpp>
#include "../files/named_sizes.hpp"
#include "commands.hpp"

namespace bitnet::cli {

using namespace program;
namespace {

struct Options {
    SynthOptions synth;
    std::string size = "2B4T";
    std::string family;
    double ffn_zeros = -1;
    std::size_t context = 0;
};

const Family& family_named(const std::string& name) {
    if (const Family* family = find_family(name)) return *family;
    std::string names;
    for (const Family& family : families())
        names += (names.empty() ? "" : ", ") + std::string(family.name);
    throw CLI::ValidationError("--family", "expected one of " + names + ", found " + name);
}

/// The size is of its own family, or of the one that is named: its sizes in that architecture.
void choose_size(const Options& options, SynthOptions& chosen) {
    const auto [family, config] = find_size(options.size);
    chosen.family = options.family.empty() ? &family : &family_named(options.family);
    chosen.sizes = with_sizes(chosen.family->config(), config);
    if (options.context > 0) chosen.sizes.context = options.context;
}

void synth(const Options& options) {
    const Interrupt interrupt;  // so that no unfinished file stays
    Progress progress("writing");
    SynthOptions watched = options.synth;
    choose_size(options, watched);
    if (options.ffn_zeros >= 0) watched.ffn_zeros = options.ffn_zeros;
    watched.progress = [&](std::uint64_t done, std::uint64_t total) {
        Interrupt::check();
        progress.update(done, total);
    };
    synthesize(watched);
}

}  // namespace

void add_synth(CLI::App& app) {
    const auto [command, options] =
        add_command(app, "synth", "Write a model of full size with random weights, to measure speed (2B4T: 1.18 GB)",
                    "bitnet-2b4t synth --output synth.gguf --layers 30 --seed 1", synth);
    add_file(command, "--output", options.synth.output, "the GGUF file to write")->required();
    command
        .add_option("--size", options.size,
                    "sizes of a model by name, such as 2B4T, Llama3-8B, Bonsai-4B, 125M to 100B")
        ->type_name("NAME")
        ->capture_default_str();
    command
        .add_option("--family", options.family,
                    "architecture, if not the size's own: bitnet, bitnet-silu, llama, qwen3")
        ->type_name("NAME");
    add_number(command, "--layers", options.synth.layers, "number of layers (default: all)", 1, 4096);
    add_number(command, "--context", options.context, "longest sequence in tokens (default: the size's)", 1, 1 << 24);
    command.add_flag("--repeating", options.synth.repeating,
                     "weights whose greedy text repeats its last token: drafts' best case");
    add_number(command, "--ffn-zeros", options.ffn_zeros,
               "share of feed-forward gates that squared ReLU makes zero (default: 0.5)", 0.01, 0.99)
        ->option_text("X");
    add_seed(command, options.synth.seed, "of the random numbers");
    add_file(command, "--vocab", options.synth.vocabulary, "tiktoken file with the vocabulary (default: single bytes)");
}

}  // namespace bitnet::cli
