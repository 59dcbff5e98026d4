#include "model_options.hpp"

#include <algorithm>

#include <program/cli/command_line.hpp>
#include <program/cli/interrupt.hpp>
#include <program/cli/number_option.hpp>
#include <program/cli/output.hpp>
#include "../compute/kernels.hpp"
#include "packing_option.hpp"
#include "ranks.hpp"

namespace bitnet::cli {

using namespace program;
namespace {

/// What is wrong with the name of an instruction set; nothing where it can be used.
std::string check_isa(const std::string& name) {
    try {
        find_kernels(name);
        return {};
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
}

}  // namespace

void add_file_options(CLI::App& command, ModelOptions& options) {
    add_file(command, "-m,--model", options.path, "GGUF file, or Hugging Face folder or model.safetensors")->required();
    command.add_flag("--no-mmap", options.no_mmap, "read the file into memory instead of mapping it");
}

void add_bench_model_options(CLI::App& command, ModelOptions& options) {
    add_file_options(command, options);
    command.add_option("--isa", options.load.isa, "instruction set, of those that `isa` lists (default: the best)")
        ->check(CLI::Validator(check_isa, "", ""))
        ->type_name("NAME");
    add_packing_option(command, options.packing);
    add_number(command, "-b,--batch-size", options.load.batch, "tokens of a prompt that are processed at once", 1,
               65536);
    command
        .add_option("--activations", options.activations,
                    "inputs of ternary layers: int8 (a scale a token), int8-64, int8-128 (a scale for as many inputs), "
                    "float (slow), auto: as the model's weights are")
        ->check(CLI::IsMember(std::vector<std::string>(activation_type_names.begin(), activation_type_names.end()))
                    .description(""))
        ->type_name("TYPE")
        ->capture_default_str();
    command.add_flag("--no-skip-zeros", options.no_skip_zeros,
                     "read all weights of feed-forward layers, also those that zeros make useless");
    command.add_option("--kv-type", options.kv_type, "numbers of the KV cache: f32, f16, i8, i4 or i3")
        ->check(CLI::IsMember(std::vector<std::string>(kv_type_names.begin(), kv_type_names.end())).description(""))
        ->type_name("TYPE")
        ->capture_default_str();
}

void add_model_options(CLI::App& command, ModelOptions& options) {
    add_bench_model_options(command, options);
    add_number(command, "-t,--threads", options.load.threads, "threads (default: all that the machine has)", 1, 256);
    add_number(command, "-c,--ctx-size", options.load.context,
               "longest sequence in tokens (default, or 0: the model's)", 0, 1 << 24)
        ->default_str("");
}

std::unique_ptr<ModelSource> open(const ModelOptions& options, Masters masters) {
    return open_model(options.path, !options.no_mmap, masters);
}

Model load(const ModelOptions& options, Parts parts) {
    Progress progress("loading");
    LoadOptions chosen = options.load;
    chosen.mmap = !options.no_mmap;
    chosen.skip_zeros = !options.no_skip_zeros;
    chosen.tokenizer = parts == Parts::weights_and_tokenizer;
    chosen.kv_type = static_cast<KvType>(std::ranges::find(kv_type_names, options.kv_type) - kv_type_names.begin());
    chosen.activations = static_cast<ActivationType>(std::ranges::find(activation_type_names, options.activations) -
                                                     activation_type_names.begin());
    chosen.progress = [&](std::size_t done, std::size_t total) { progress.update(done, total); };
    chosen.ranks = ranks();
    chosen.packing = find_packing(options.packing, options.load.isa);
    try {
        return options.synthetic.empty() ? load_model(options.path, chosen)
                                         : load_random_model(options.synthetic, chosen);
    } catch (const ContextTooLong& error) {
        throw FileError(options.path, joined("a context of at most ", error.most(), " tokens (-c)"), chosen.context);
    }
}

void check_ids(const Model& model, const std::vector<int>& ids) {
    const auto vocab = static_cast<int>(model.vocabulary_size());
    const int largest = *std::max_element(ids.begin(), ids.end());
    if (largest >= vocab) throw FileError(model.name(), joined("token ids from 0 to ", vocab - 1), largest);
}

bool check_interrupt() {
    Interrupt::check();
    return false;
}

}  // namespace bitnet::cli
