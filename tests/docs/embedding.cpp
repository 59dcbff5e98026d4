// docs/embedding.md shows this.
#include <iostream>
#include <string_view>

#include <bitnet/engine.hpp>

void generate_and_talk();

void generate_and_talk() {
    const bitnet::Model model = bitnet::load_model("model.gguf", {.threads = 2});
    bitnet::Session session(model);
    const auto on_piece = [](std::string_view piece) { return bool(std::cout << piece); };  // false: stop
    const bitnet::GenerationOptions options{.limit = 16, .sampling = {.temperature = 0}};
    const bitnet::Generation made = session.generate("The capital of France", options, on_piece);
    std::cout << made.generated.tokens << '\n';

    bitnet::Conversation talk(model, "You are terse.", {.sampling = {.temperature = 0}});
    talk.answer("What is 123 + 45?", on_piece);
}
