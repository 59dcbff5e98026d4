#include "../files/synth.hpp"

#include <program/cli/interrupt.hpp>
#include <program/cli/number_option.hpp>
#include <program/cli/output.hpp>
#include "commands.hpp"

namespace bitnet::cli {

using namespace program;
namespace {

void synth(const SynthOptions& options) {
    const Interrupt interrupt;  // so that no unfinished file stays
    Progress progress("writing");
    SynthOptions watched = options;
    watched.progress = [&](std::uint64_t done, std::uint64_t total) {
        Interrupt::check();
        progress.update(done, total);
    };
    synthesize(watched);
}

}  // namespace

void add_synth(CLI::App& app) {
    const auto [command, options] =
        add_command(app, "synth", "Write a model of full size (1.18 GB) with random weights, to measure speed",
                    "bitnet-2b4t synth --output synth.gguf --layers 30 --seed 1", synth);
    add_file(command, "--output", options.output, "the GGUF file to write")->required();
    add_number(command, "--layers", options.layers, "number of layers", 1, 4096);
    command.add_flag("--repeating", options.repeating,
                     "weights whose greedy text repeats its last token: drafts' best case");
    add_seed(command, options.seed, "of the random numbers");
    add_file(command, "--vocab", options.vocabulary, "tiktoken file with the vocabulary (default: single bytes)");
}

}  // namespace bitnet::cli
