#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <filesystem>
#include <map>
#include <program/cli/interrupt.hpp>
#include <program/cli/measurement.hpp>
#include <program/cli/number_option.hpp>
#include <program/cli/output.hpp>
#include <program/io/file_error.hpp>
#include <string>

#include "../dialogues/vocabulary.hpp"
#include "../run/checkpoint.hpp"
#include "../run/export.hpp"
#include "../run/loss_log.hpp"
#include "commands.hpp"
#include "status_line.hpp"

namespace train::cli {
namespace {

struct RunOptions {
    Recipe recipe;
    std::string output;
    std::string name = "ternion small model";
    int threads = 0;
};

constexpr std::size_t steps_a_line = 20, steps_a_test = 500;
constexpr int questions_a_test = 40, questions_at_the_end = 200;
constexpr double seconds_a_checkpoint = 60;

/// A run in its folder: goes on where it stopped.
class Run {
 public:
    explicit Run(const RunOptions& options)
        : folder_(made(options.output)),
          name_(options.name),
          threads_(options.threads),
          vocabulary_(dialogue_vocabulary()),
          tokenizer_(vocabulary_),
          trainer_(with_vocabulary(options.recipe), tokenizer_, threads_),
          log_(resumed()) {}

    /// Up to the model's file. Throws Interrupted after a signal, when all is saved.
    void train() {
        const program::Interrupt interrupt;
        StatusLine status(trainer_.recipe(), trainer_.steps_done());
        program::Stopwatch since_saved;
        while (trainer_.steps_done() < trainer_.recipe().steps) {
            StepReport report = trainer_.step();
            since_line_.sum += report.loss;
            ++since_line_.steps;
            const bool last = report.step == trainer_.recipe().steps;
            if (report.step % steps_a_line == 0 || last) {
                report.loss = since_line_.sum / static_cast<double>(since_line_.steps);
                since_line_ = {};
                std::optional<Accuracy> tested;
                if (report.step % steps_a_test == 0 || last) tested = trainer_.test(questions_a_test);
                log_.add(report, tested);
                status.show(report, tested);
            }
            if (interrupt.noted()) {
                save();
                throw program::Interrupted(
                    program::joined("interrupted after step ", report.step, "; the same command goes on from there"));
            }
            if (last || since_saved.seconds() > seconds_a_checkpoint) {
                try_to_save();
                since_saved = {};
            }
        }
        export_gguf(path("model.gguf"), name_, trainer_.recipe(), trainer_.network(), trainer_.state()[0], vocabulary_);
        program::Interrupt::check();
    }

    void report() {
        const Accuracy accuracy = trainer_.test(questions_at_the_end);
        std::string table;
        for (std::size_t s = 0; s < skills.size(); ++s) {
            table +=
                program::formatted("%-24s %4d of %d held-out questions right\n", std::string(skills[s].name).c_str(),
                                   accuracy.skill[s].right, accuracy.skill[s].asked);
        }
        program::write_output(table);
        const bool real = trainer_.recipe().weights == Weights::real;
        const std::string model = path("model.gguf");
        program::write_output("The model is in " + model +
                              (real ? "; bitnet-2b4t makes its weights ternary when it loads them\n"
                                    : ": bitnet-2b4t chat -m " + model + "\n"));
    }

 private:
    static std::filesystem::path made(const std::string& folder) {
        std::error_code error;
        std::filesystem::create_directories(folder, error);
        if (!std::filesystem::is_directory(folder)) throw program::FileError(folder, "a folder", error.message());
        // Never closed: the lock ends with the process.
        const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
            throw program::FileError(folder, "a folder that no other run is using", "one that is in use");
        }
        return folder;
    }
    Recipe with_vocabulary(Recipe recipe) const {
        recipe.sizes.vocab = vocabulary_.size();
        recipe.sizes.context = 4 * recipe.length;
        recipe.sizes.validate("options");
        if (recipe.weights != Weights::real) check_that_i2s_fits(recipe.sizes);
        return recipe;
    }
    /// Before the run, not after it.
    static void check_that_i2s_fits(const bitnet::Config& sizes) {
        for (const bitnet::ModelTensor& tensor : bitnet::model_tensors(sizes)) {
            if (tensor.kind != bitnet::ModelTensor::Kind::ternary || tensor.rows * tensor.cols % 128 == 0) continue;
            throw std::runtime_error(
                program::joined("expected sizes that give each matrix a multiple of 128 weights, as I2_S has, found ",
                                tensor.rows, " x ", tensor.cols, " for ", tensor.name));
        }
    }
    std::string path(const char* file) const { return (folder_ / file).string(); }

    LossLog resumed() {
        if (std::filesystem::exists(path("checkpoint"))) since_line_ = load_checkpoint(path("checkpoint"), trainer_);
        return {path("log.csv"), trainer_.steps_done()};
    }
    /// A disk that is full now may not be so in a minute, or may have room for the model: the run goes on.
    void try_to_save() const {
        try {
            save();
        } catch (const program::FileError& error) {
            std::fprintf(stderr, "\nbitnet-train: %s; the run goes on\n", error.what());
        }
    }
    void save() const {
        log_.save();  // first: lines beyond the checkpoint are dropped when a run goes on
        save_checkpoint(path("checkpoint"), trainer_, since_line_);
        if (log_.lines() >= 2) {
            const std::string name = std::filesystem::canonical(folder_).filename().string();
            draw_curves(path("loss.svg"), {read_curve(path("log.csv"), name)});
        }
    }

    std::filesystem::path folder_;
    std::string name_;
    ternion::ThreadPool threads_;
    bitnet::Vocabulary vocabulary_;
    bitnet::Tokenizer tokenizer_;
    Trainer trainer_;
    LossSum since_line_;
    LossLog log_;
};

void train_in_folder(const RunOptions& options) {
    Run run(options);
    run.train();
    run.report();
}

void add_size_options(CLI::App& command, bitnet::Config& sizes) {
    const auto size = [&](const char* name, std::size_t& value, const char* help) {
        program::add_number(command, name, value, help, 1, 1 << 16)->group("Sizes");
    };
    size("--layers", sizes.layers, "layers");
    size("--hidden", sizes.hidden, "width of the residual stream");
    size("--ffn", sizes.ffn, "width of the feed-forward part");
    size("--heads", sizes.heads, "query heads");
    size("--kv-heads", sizes.kv_heads, "key and value heads");
    size("--head-dim", sizes.head_dim, "width of a head");
}

void add_recipe_options(CLI::App& command, Recipe& recipe) {
    const std::map<std::string, Weights> kinds = {
        {"ternary", Weights::ternary}, {"binary", Weights::binary}, {"real", Weights::real}};
    command.add_option("--weights", recipe.weights, "ternary (b1.58), binary (v1) or real, to compare with")
        ->transform(CLI::CheckedTransformer(kinds).description(""))
        ->type_name("KIND")
        ->default_str("ternary");
    program::add_seed(command, recipe.seed, "of the first weights and the dialogues");
    const auto number = [&](const char* name, auto& value, auto least, auto most, const char* help) {
        program::add_number(command, name, value, help, least, most);
    };
    number("--steps", recipe.steps, 1, 100000000, "steps");
    number("--rows", recipe.rows, 16, 4096, "conversations a step, a multiple of 16");
    number("--length", recipe.length, 128, 4096, "tokens of a conversation; four times as many in every fourth step");
    number("--rate", recipe.peak_rate, 1e-9, 1.0, "highest learning rate");
    number("--weight-decay", recipe.weight_decay, 0.0, 1.0, "weight decay of the first stage");
    number("--clip", recipe.clip, 1e-6, 1e9, "largest norm of the gradients");
    command.add_flag("--sum-loss", recipe.sum_loss, "sum the loss over a step's tokens instead of averaging it");
    command.add_flag("--all-tokens", recipe.all_tokens, "learn the questions too, not the answers alone");
}

}  // namespace

void add_run(CLI::App& app) {
    const auto [command, options] = program::add_command(
        app, "run",
        "Train a model. Its folder holds a checkpoint, from which the same command goes on, the log, the loss "
        "curve and at the end the model",
        "bitnet-train run -o my-model", train_in_folder);
    program::add_file(command, "-o,--output", options.output, "the run's folder")->required()->type_name("FOLDER");
    command.add_option("--name", options.name, "the model's name")->type_name("TEXT")->capture_default_str();
    program::add_number(command, "-t,--threads", options.threads,
                        "threads (default: all that the machine has; more than 4 help little)", 1, 256);
    add_recipe_options(command, options.recipe);
    add_size_options(command, options.recipe.sizes);
}

}  // namespace train::cli
