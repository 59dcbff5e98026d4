// Questions about this project: what something is, in several wordings, and which command does what. Some wordings of
// each are held out.
#include <array>
#include <string_view>

#include "exchange.hpp"

namespace train {

namespace {

struct Topic {
    std::string_view name;  // what is asked for
    std::string_view answer;
};

constexpr std::array<Topic, 20> terms = {{
    {"ternion", "ternion is a library for matrices whose weights are -1, 0 and +1."},
    {"a trit", "A trit is one weight: -1, 0 or +1."},
    {"a packing", "A packing is how trits lie in memory."},
    {"a scale", "A scale is the number that multiplies the trits of a matrix."},
    {"a GEMV", "A GEMV is a matrix times one vector, as when one token is made."},
    {"a GEMM", "A GEMM is a matrix times many vectors, as when a prompt is read."},
    {"absmean", "absmean divides weights by their mean size and rounds them to trits."},
    {"absmax", "absmax scales a token so that its largest value becomes 127, and rounds."},
    {"a BitLinear", "A BitLinear is a layer of ternary weights with quantised inputs."},
    {"a sub-norm", "A sub-norm is a norm inside a layer, before its last product."},
    {"a KV cache", "A KV cache holds the keys and values of earlier tokens."},
    {"RoPE", "RoPE turns queries and keys by an angle that tells their position."},
    {"GQA", "GQA lets several query heads share a key and value head."},
    {"I2_S", "I2_S is the packing of BitNet files: two bits a weight, 128 in 32 bytes."},
    {"TQ1_0", "TQ1_0 is a packing of five trits a byte, in blocks of 256."},
    {"TQ2_0", "TQ2_0 is a packing of two bits a weight, in blocks of 256."},
    {"a backend", "A backend is what ternion needs of one instruction set."},
    {"perplexity", "Perplexity tells how well a model foresees a text; less is better."},
    {"a GGUF file", "A GGUF file holds a model: its sizes, its tokenizer and its tensors."},
    {"BitNet b1.58", "BitNet b1.58 is a language model with ternary weights."},
}};

constexpr std::array<Topic, 13> tasks = {{
    {"talks to a model", "bitnet-2b4t chat"},
    {"continues a text", "bitnet-2b4t complete"},
    {"measures perplexity", "bitnet-2b4t perplexity"},
    {"measures speed", "bitnet-2b4t bench"},
    {"shows what is in a file", "bitnet-2b4t inspect"},
    {"converts a model to GGUF", "bitnet-2b4t convert"},
    {"turns text into tokens", "bitnet-2b4t tokenize"},
    {"scores answers", "bitnet-2b4t score"},
    {"prints logits", "bitnet-2b4t logits"},
    {"runs the tests", "./cmake/test.sh"},
    {"opens the chat", "./cmake/chat.sh"},
    {"trains a model", "bitnet-train run"},
    {"lists instruction sets", "bitnet-2b4t arch"},
}};

struct Wording {
    std::string_view before, after;
};

constexpr std::array<Wording, 6> of_terms = {{
    {"What is ", "?"},
    {"Explain ", ""},
    {"Tell me what ", " is"},
    {"Please explain ", ""},
    {"What does ", " mean?"},
    {"Do you know what ", " is?"},
}};

constexpr std::array<Wording, 4> of_tasks = {{
    {"Which command ", "?"},
    {"What command ", "?"},
    {"Tell me which command ", ""},
    {"Name the command that ", ""},
}};

Exchange worded(const Topic& topic, const Wording& wording) {
    const std::string question = std::string(wording.before).append(topic.name).append(wording.after);
    return {question, std::string(topic.answer), question};
}

}  // namespace

Exchange ask_project(Random& random) {
    if (random.one_in(8)) {
        constexpr std::array<std::string_view, 6> greetings = {
            "Hello", "Hi", "Hello!", "Who are you?", "What are you?", "What can you do?"};
        const std::string greeting(random.among(greetings));
        return {greeting,
                "I am a small ternary model. I add, subtract, compare, sort, count letters and know "
                "balanced ternary.",
                "greeting"};
    }
    // In this order: that of arguments is the compiler's.
    if (random.one_in(3)) {
        const Wording& wording = random.among(of_tasks);
        return worded(random.among(tasks), wording);
    }
    const Wording& wording = random.among(of_terms);
    return worded(random.among(terms), wording);
}

}  // namespace train
