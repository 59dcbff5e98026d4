#include "../files/synth.hpp"

#include <memory>

#include "command.hpp"
#include "in_range.hpp"
#include "interrupt.hpp"
#include "progress.hpp"

namespace bitnet::cli {

namespace {

void synth(SynthOptions options) {
    const Interrupt interrupt;  // so that no unfinished file stays
    Progress progress("writing");
    options.progress = [&](std::uint64_t done, std::uint64_t total) {
        interrupt.check();
        progress.update(done, total);
    };
    synthesize(options);
}

}  // namespace

void add_synth(CLI::App& app, Action& action) {
    auto options = std::make_shared<SynthOptions>();
    CLI::App* command =
        app.add_subcommand("synth", "Write a model of full size (1.19 GB) with random weights, to measure speed");
    command->add_option("--output", options->output, "the GGUF file to write")->required()->type_name("FILE");
    command->add_option("--layers", options->layers, "number of layers")
        ->check(in_range(1, 4096))
        ->type_name("N")
        ->capture_default_str();
    command->add_option("--seed", options->seed, "of the random numbers")->type_name("N")->capture_default_str();
    command->add_option("--vocab", options->vocabulary, "tiktoken file with the vocabulary (default: single bytes)")
        ->type_name("FILE");
    command->footer("Example: bitnet-2b4t synth --output synth.gguf --layers 30 --seed 1");
    command->callback([options, &action] { action = [options] { synth(*options); }; });
}

}  // namespace bitnet::cli
