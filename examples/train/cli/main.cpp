#include "commands.hpp"

int main(int argc, char** argv) {
    using namespace train::cli;
    return program::run_program(
        {.name = "bitnet-train",
         .help = "Trains, fine-tunes and aligns small language models with ternary weights on this machine.",
         .example = "bitnet-train run --output my-model",
         .commands = {add_run, add_sft, add_dpo, add_questions, add_curve}},
        argc, argv);
}
