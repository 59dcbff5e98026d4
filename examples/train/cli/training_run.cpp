#include "training_run.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <bitnet_2b4t/files/model_source.hpp>
#include <cerrno>
#include <program/cli/interrupt.hpp>
#include <program/cli/measurement.hpp>
#include <program/cli/output.hpp>
#include <program/io/file_error.hpp>

#include "../data/byte_vocabulary.hpp"
#include "../dialogues/vocabulary.hpp"
#include "../run/export.hpp"
#include "status_line.hpp"

namespace train::cli {
namespace {

constexpr std::size_t tested_on_the_way = 40, tested_at_the_end = 200;  // sequences of each kind
constexpr double seconds_a_checkpoint = 60;

std::filesystem::path made(const std::string& folder) {
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

/// Before the run, not after it.
void check_that_i2s_fits(const bitnet::Config& sizes) {
    for (const bitnet::ModelTensor& tensor : bitnet::model_tensors(sizes)) {
        if (tensor.kind != bitnet::ModelTensor::Kind::ternary || tensor.rows * tensor.cols % 128 == 0) continue;
        throw std::runtime_error(
            program::joined("expected sizes that give each matrix a multiple of 128 weights, as I2_S has, found ",
                            tensor.rows, " x ", tensor.cols, " for ", tensor.name));
    }
}

/// Those that are asked for, or the family's own.
Weights weights_of(bitnet::BitLinearKind family, std::optional<Weights> asked) {
    const bool signs = family == bitnet::BitLinearKind::v1;
    if (signs && asked == Weights::ternary)
        throw std::runtime_error("--weights: expected binary or real, as family v1 has signs, found ternary");
    return asked.value_or(signs ? Weights::binary : Weights::ternary);
}

void add(Fingerprint& all, const bitnet::Vocabulary& vocabulary) {
    all.add(vocabulary.size());
    for (const bitnet::Vocabulary::Token& token : vocabulary.tokens) {
        all.add(std::string_view(token.bytes));
        all.add(token.kind);
    }
    for (const bitnet::Merge& merge : vocabulary.merges) {
        all.add(merge.left);
        all.add(merge.right);
        all.add(merge.rank);
    }
    all.add(vocabulary.scores);
    all.add(std::string_view(vocabulary.chat_template));
}

/// Throws where the network that is trained wouldn't compute what the reference model computes.
void check_reference(const Start& reference, const Start& model, bitnet::BitLinearKind family,
                     const std::string& file) {
    const bitnet::Config &found = reference.sizes, &expected = model.sizes;
    const auto expect = [&](const char* what, auto value, auto wanted) {
        if (value != wanted)
            throw program::FileError(file, program::joined(what, " = ", wanted, ", as in this run"), value);
    };
    expect("layers", found.layers, expected.layers);
    expect("hidden", found.hidden, expected.hidden);
    expect("ffn", found.ffn, expected.ffn);
    expect("heads", found.heads, expected.heads);
    expect("kv_heads", found.kv_heads, expected.kv_heads);
    expect("head_dim", found.head_dim, expected.head_dim);
    expect("vocab", found.vocab, expected.vocab);
    expect("norm_eps", found.norm_eps, expected.norm_eps);
    expect("rope_theta", found.rope_theta, expected.rope_theta);
    expect("family", bitnet::bit_linear_names[static_cast<std::size_t>(found.bit_linear)],
           bitnet::bit_linear_names[static_cast<std::size_t>(family)]);
    if (!std::ranges::equal(reference.vocabulary.tokens, model.vocabulary.tokens, {}, &bitnet::Vocabulary::Token::bytes,
                            &bitnet::Vocabulary::Token::bytes))
        throw program::FileError(file, "the model's tokens", "others");
}

}  // namespace

TrainingRun::TrainingRun(const TrainingOptions& options)
    : options_(options),
      folder_(made(options.output)),
      threads_(options.threads),
      start_(begin(options)),
      reference_(reference()),
      tokenizer_(start_.vocabulary),
      data_(options, recipe_of(), tokenizer_),
      trainer_(checked(), data_.data(), threads_, std::move(start_.weights), activations()),
      log_((compare_with_reference(), resumed())) {}

/// The model, or the sizes of a new one and a tokenizer.
Start TrainingRun::begin(const TrainingOptions& options) {
    if (!options.model.empty()) return read_start(options.model);
    Start start{options.recipe.sizes, {}, {}};
    start.vocabulary = !options.tokenizer.empty() ? bitnet::open_model(options.tokenizer)->vocabulary()
                       : options.own_data()       ? byte_vocabulary()
                                                  : dialogue_vocabulary();
    start.sizes.context = 4 * options.recipe.length;
    return start;
}

Recipe TrainingRun::recipe_of() const {
    Recipe recipe = options_.recipe;
    recipe.sizes = start_.sizes;
    recipe.sizes.bit_linear = family();
    recipe.weights = weights_of(recipe.sizes.bit_linear, options_.weights);
    if (start_.weights.empty()) recipe.sizes.vocab = start_.vocabulary.size();
    recipe.sizes.validate("options");
    Fingerprint start;
    start.add(start_.weights);
    start.add(reference_);
    add(start, start_.vocabulary);
    recipe.start = start.text();
    if (recipe.weights != Weights::real) check_that_i2s_fits(recipe.sizes);
    return recipe;
}

std::vector<float> TrainingRun::reference() const {
    if (options_.pairs.empty()) return {};
    if (options_.reference.empty()) return start_.weights;
    Start other = read_start(options_.reference);
    check_reference(other, start_, family(), options_.reference);
    return std::move(other.weights);
}

const Recipe& TrainingRun::checked() {
    const Recipe& recipe = data_.recipe();
    if (std::filesystem::exists(path("checkpoint"))) check_checkpoint(path("checkpoint"), recipe);
    const std::size_t together = data_.pairs() == nullptr ? 1 : 2;
    const Memory memory = memory_of(recipe, data_.data().longest(), together, activations(), threads_.concurrency());
    const auto gib = [](double bytes) { return bytes / (1024 * 1024 * 1024); };
    std::fprintf(
        stderr,
        "%.1f million weights, about %.2f GiB of memory: %.2f for weights and optimizer, %.2f for activations%s\n",
        static_cast<double>(Layout(recipe.sizes).size()) * 1e-6, gib(memory.total()), gib(memory.weights),
        gib(memory.activations), options_.recompute ? "" : " (less with --recompute)");
    return recipe;
}

void TrainingRun::compare_with_reference() {
    if (Corpus* pairs = data_.pairs()) pairs->set_reference(trainer_.log_probabilities(pairs->sequences(), reference_));
    reference_ = {};
}

LossLog TrainingRun::resumed() {
    if (std::filesystem::exists(path("checkpoint"))) since_line_ = load_checkpoint(path("checkpoint"), trainer_);
    return {path("log.csv"), trainer_.steps_done(), data_.data().kinds()};
}

void TrainingRun::train() {
    const program::Interrupt interrupt;
    const std::size_t steps = trainer_.recipe().steps, steps_a_line = std::clamp<std::size_t>(steps / 50, 1, 20);
    const bool tests = !data_.data().kinds().empty();
    StatusLine status(trainer_.recipe(), trainer_.steps_done(), options_.counts_right());
    program::Stopwatch since_saved;
    while (trainer_.steps_done() < steps) {
        StepReport report = trainer_.step();
        status.count(report);
        since_line_.sum += report.loss;
        ++since_line_.steps;
        const bool last = report.step == steps, test = tests && (report.step % options_.test_every == 0 || last);
        if (report.step % steps_a_line == 0 || last || test) {
            report.loss = since_line_.sum / static_cast<double>(since_line_.steps);
            since_line_ = {};
            std::optional<Accuracy> tested;
            if (test) tested = trainer_.test(tested_on_the_way);
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
    export_model();
    program::Interrupt::check();
}

void TrainingRun::export_model() {
    const auto weights = trainer_.state()[0];
    export_gguf(path("model.gguf"), options_.name, trainer_.recipe(), trainer_.network(), weights, start_.vocabulary);
    if (!options_.masters) return;
    export_masters(path("masters.gguf"), options_.name, trainer_.recipe(), trainer_.network(), weights,
                   start_.vocabulary);
}

void TrainingRun::report() {
    const std::vector<std::string> kinds = data_.data().kinds();
    std::string text;
    if (!kinds.empty()) {
        const Accuracy accuracy = trainer_.test(tested_at_the_end);
        const char* what = data_.pairs() != nullptr ? "preferred as they should be" : "questions right";
        for (std::size_t i = 0; options_.counts_right() && i < kinds.size(); ++i)
            text += program::formatted("%-24s %4zu of %zu held-out %s\n", kinds[i].c_str(), accuracy.of_kind[i].right,
                                       accuracy.of_kind[i].asked, what);
        if (options_.own_data()) text += program::formatted("held-out loss %.4f\n", accuracy.loss);
    }
    program::write_output(text);
    const std::string model = path("model.gguf");
    program::write_output("The model is in " + model + what_to_do(model));
}

/// With the model: what was trained on texts goes on with texts, and a template that was asked for stands in no file.
std::string TrainingRun::what_to_do(const std::string& model) const {
    if (trainer_.recipe().weights == Weights::real) {
        return family() == bitnet::BitLinearKind::v1 ? "; bitnet-2b4t loads no float weights of family v1\n"
                                                     : "; bitnet-2b4t makes its weights ternary when it loads them\n";
    }
    const std::string& chat = options_.chat_template;
    return options_.texts.empty()
               ? ": bitnet-2b4t chat -m " + model + (chat.empty() ? "" : " --chat-template " + chat) + "\n"
               : ": bitnet-2b4t complete -m " + model + " -p TEXT\n";
}

/// A disk that is full now may not be so in a minute, or may have room for the model: the run goes on.
void TrainingRun::try_to_save() const {
    try {
        save();
    } catch (const program::FileError& error) {
        const char* below_status = ::isatty(STDERR_FILENO) == 1 ? "\n" : "";
        std::fprintf(stderr, "%sbitnet-train: %s; the run goes on\n", below_status, error.what());
    }
}

void TrainingRun::save() const {
    log_.save();  // first: lines beyond the checkpoint are dropped when a run goes on
    save_checkpoint(path("checkpoint"), trainer_, since_line_);
    if (log_.lines() >= 2) {
        const std::string name = std::filesystem::canonical(folder_).filename().string();
        draw_curves(path("loss.svg"), {read_curve(path("log.csv"), name)});
    }
}

}  // namespace train::cli
