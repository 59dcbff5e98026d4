#include "commands.hpp"

int main(int argc, char** argv) {
    using namespace train::cli;
    return program::run_program(
        {.name = "bitnet-train",
         .help = "Trains a small language model with ternary weights, from nothing, on this machine.",
         .example = "bitnet-train run --output my-model",
         .commands = {add_run, add_questions, add_curve}},
        argc, argv);
}
