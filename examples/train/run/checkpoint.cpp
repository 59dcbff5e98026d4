// A line of JSON with the recipe, filled up with spaces to whole floats, then the weights and both moments as floats of
// this machine.
#include "checkpoint.hpp"

#include <algorithm>
#include <bitnet_2b4t/files/tensor_format.hpp>
#include <charconv>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <program/io/file_error.hpp>
#include <program/io/mapped_file.hpp>
#include <program/io/output_file.hpp>

namespace train {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* format = "ternion training checkpoint 4";

Json described(const Recipe& recipe) {
    const bitnet::Config& sizes = recipe.sizes;
    return {{"layers", sizes.layers},
            {"hidden", sizes.hidden},
            {"ffn", sizes.ffn},
            {"heads", sizes.heads},
            {"kv_heads", sizes.kv_heads},
            {"head_dim", sizes.head_dim},
            {"vocab", sizes.vocab},
            {"norm_eps", sizes.norm_eps},
            {"rope_theta", sizes.rope_theta},
            {"bit_linear", bitnet::bit_linear_names[static_cast<std::size_t>(sizes.bit_linear)]},
            {"weights", static_cast<int>(recipe.weights)},
            {"data", recipe.data},
            {"start", recipe.start},
            {"seed", recipe.seed},
            {"steps", recipe.steps},
            {"rows", recipe.rows},
            {"length", recipe.length},
            {"accumulate", recipe.accumulate},
            {"rate", recipe.peak_rate},
            {"second_rate", recipe.second_rate},
            {"first_stage", recipe.first_stage},
            {"warm_up", recipe.warm_up},
            {"weight_decay", recipe.weight_decay},
            {"second_decay", recipe.second_decay},
            {"beta1", recipe.beta1},
            {"beta2", recipe.beta2},
            {"clip", recipe.clip},
            {"sum_loss", recipe.sum_loss},
            {"all_tokens", recipe.all_tokens},
            {"preference_beta", recipe.preference_beta}};
}

bool is_header(const Json& header) {
    const auto field = [](const Json& object, const char* key) {
        return object.is_object() ? object.value(key, Json()) : Json();
    };
    const Json since_line = field(header, "loss_since_line");
    return field(header, "format") == format && field(header, "recipe").is_object() &&
           field(header, "steps_done").is_number_unsigned() && field(since_line, "sum").is_number() &&
           field(since_line, "steps").is_number_unsigned();
}

/// A float as it was given: 0.1, not 0.10000000149011612.
std::string shown(const Json& value) {
    if (!value.is_number_float()) return value.dump();
    char text[32];
    return {text, std::to_chars(text, std::end(text), value.get<float>()).ptr};
}

/// Throws unless the file's recipe is this one; says what differs.
void check_recipe(const std::string& path, const Json& found, const Json& expected) {
    const auto refuse = [&](const std::string& wanted, const std::string& instead) {
        throw program::FileError(path, wanted, instead + " (in another folder a run begins anew)");
    };
    for (const auto& [key, value] : expected.items()) {
        const auto it = found.find(key);
        if (it != found.end() && *it == value) continue;
        // Of these two there are only fingerprints.
        if (key == "data") refuse("a run on this data", "one on other data");
        if (key == "start") refuse("a run with this model, tokenizer and reference", "one with others");
        refuse(key + " = " + shown(value), it == found.end() ? "none" : shown(*it));
    }
}

std::string_view first_line(const program::MappedFile& file) {
    return file.text().substr(0, file.text().find('\n'));
}

/// Throws for a line that is no header, or one of another recipe.
Json header_of(const std::string& path, std::string_view line, const Recipe& recipe) {
    Json header = Json::parse(line, nullptr, false);
    if (!is_header(header)) {
        const Json found = header.is_object() ? header.value("format", Json()) : Json();
        const bool other = found.is_string() && found != format;
        throw program::FileError(path, program::in_quotes(format),
                                 other ? program::in_quotes(found.get<std::string>()) : "something else");
    }
    check_recipe(path, header["recipe"], described(recipe));
    return header;
}

}  // namespace

void check_checkpoint(const std::string& path, const Recipe& recipe) {
    const program::MappedFile file(path);
    header_of(path, first_line(file), recipe);
}

void save_checkpoint(const std::string& path, const Trainer& trainer, const LossSum& since_line) {
    const Json header = {{"format", format},
                         {"steps_done", trainer.steps_done()},
                         {"loss_since_line", {{"sum", since_line.sum}, {"steps", since_line.steps}}},
                         {"recipe", described(trainer.recipe())}};
    std::string line = header.dump();
    line.resize((line.size() + sizeof(float)) / sizeof(float) * sizeof(float), ' ');
    line.back() = '\n';
    program::OutputFile file(path);
    file.write(std::as_bytes(std::span(line)));
    for (const std::span<const float> numbers : trainer.state())
        file.write(std::as_bytes(numbers));
    file.finish();
}

LossSum load_checkpoint(const std::string& path, Trainer& trainer) {
    const program::MappedFile file(path);
    const std::string_view line = first_line(file);
    const Json header = header_of(path, line, trainer.recipe());
    const auto steps = header["steps_done"].get<std::size_t>();
    const std::size_t numbers = trainer.network().layout().size(), begin = line.size() + 1;
    const std::size_t expected = begin + 3 * numbers * sizeof(float);
    if (steps > trainer.recipe().steps) {
        throw program::FileError(path, "at most " + std::to_string(trainer.recipe().steps) + " steps",
                                 std::to_string(steps));
    }
    if (file.bytes().size() != expected) {
        throw program::FileError(path, std::to_string(expected) + " bytes", std::to_string(file.bytes().size()));
    }
    std::size_t at = begin;
    for (; at < expected; at += sizeof(float)) {
        if (std::isfinite(bitnet::load<float>(file.bytes().data() + at))) continue;
        throw program::FileError(path, "finite numbers", "NaN or infinity");
    }
    at = begin;
    for (const std::span<float> to : trainer.state()) {
        std::memcpy(to.data(), file.bytes().data() + at, to.size_bytes());
        at += to.size_bytes();
    }
    trainer.restored(steps);
    const Json& since_line = header["loss_since_line"];
    return {since_line["sum"].get<double>(), since_line["steps"].get<std::size_t>()};
}

}  // namespace train
