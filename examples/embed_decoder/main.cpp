// A program that embeds the engine: embed_decoder MODEL QUESTION. Continues a text, then answers a question.
#include <bitnet/engine.hpp>
#include <exception>
#include <iostream>
#include <string_view>

int main(int argc, char** argv) {
    if (argc != 3) {
        std::cerr << "usage: embed_decoder MODEL QUESTION\n";
        return 2;
    }
    try {
        const bitnet::Model model = bitnet::load_model(argv[1], {.threads = 2});
        const auto on_piece = [](std::string_view piece) {
            std::cout << piece << std::flush;
            return true;  // false: stop
        };
        bitnet::Session session(model);
        const bitnet::Generation made =
            session.generate("The capital of France", {.limit = 16, .sampling = {.temperature = 0}}, on_piece);
        std::cout << "\n(" << made.generated.tokens << " tokens, " << made.generated.rate() << " tokens/s)\n";

        bitnet::Conversation talk(model, "You are terse.", {.sampling = {.temperature = 0}});
        talk.answer(argv[2], on_piece);
        std::cout << '\n';
    } catch (const std::exception& error) {
        std::cerr << "embed_decoder: " << error.what() << '\n';
        return 1;
    }
}
