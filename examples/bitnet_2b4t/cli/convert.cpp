#include <memory>

#include "command.hpp"
#include "converter.hpp"
#include "model_options.hpp"

namespace bitnet::cli {

namespace {

struct ConvertOptions {
    ModelOptions model;
    ConversionTarget target;
};

}  // namespace

void add_convert(CLI::App& app, Action& action) {
    auto options = std::make_shared<ConvertOptions>();
    CLI::App* command = app.add_subcommand("convert", "Write a model as GGUF with I2_S layers, from any format");
    add_file_options(*command, options->model);
    add_target_options(*command, options->target);
    command->footer("Example: bitnet-2b4t convert -m bitnet-b1.58-2B-4T --output model.gguf --embedding f16");
    command->callback(
        [options, &action] { action = [options] { convert_model(*open(options->model), options->target); }; });
}

}  // namespace bitnet::cli
