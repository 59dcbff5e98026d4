#include "commands.hpp"
#include "ranks.hpp"

int main(int argc, char** argv) {
    using namespace bitnet::cli;
    using namespace program;
    const Program program{.name = "bitnet-2b4t",
                          .help = "Ternary language models, as BitNet b1.58 2B4T: chat with them, and measure them.",
                          .example = "bitnet-2b4t chat -m ggml-model-i2_s.gguf",
                          .commands = {add_chat, add_complete,
#ifdef BITNET_SERVE
                                       add_serve,
#endif
                                       add_tokenize, add_logits, add_embed, add_perplexity, add_score, add_bench,
                                       add_report, add_inspect, add_convert, add_ternarize, add_synth, add_isa},
                          .spellings = {{"-sys", "--system-prompt"}, {"-cnv", "--conversation"}, {"--arch", "--isa"}}};
    return run_on_ranks([&] { return run_program(program, argc, argv); });
}
