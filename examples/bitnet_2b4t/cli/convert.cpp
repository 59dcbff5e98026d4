#include "convert.hpp"

#include <cmath>
#include <cstddef>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <ternion/ternion.hpp>
#include <utility>
#include <vector>

#include <program/cli/interrupt.hpp>
#include <program/cli/output.hpp>
#include "../files/gguf_writer.hpp"
#include "../files/tensor_reader.hpp"
#include "../model/rope.hpp"

namespace bitnet::cli {

using namespace program;
namespace {

/// What LLaMA-3's scaling divides RoPE's frequencies by; empty for others. GGUF has no keys for it but such a tensor,
/// which the programs that read it look for in architecture `llama` alone.
std::vector<float> rope_divisors(const ModelSource& source) {
    Config config = source.config();
    if (config.rope_scaling.kind != RopeScaling::Kind::llama3) return {};
    if (!source.family().rotates_pairs)
        throw FileError(source.name(), joined("RoPE scaling that GGUF has for family ", source.family().name),
                        "llama3");
    const std::vector<double> scaled = rope_frequencies(config);
    config.rope_scaling = {};
    const std::vector<double> plain = rope_frequencies(config);
    std::vector<float> divisors;
    for (std::size_t i = 0; i < plain.size(); ++i)
        divisors.push_back(static_cast<float>(plain[i] / scaled[i]));
    return divisors;
}

/// Writes one model. Each tensor goes through memory alone; a file holds numbers as they were, or as the user wants.
class Converter {
 public:
    Converter(const ModelSource& source, const ConvertOptions& options)
        : source_(source),
          divisors_(rope_divisors(source)),
          writer_(options.output, source.files()),
          embedding_(find_number_format(options.embedding)),
          layers_(*find_ternary_format(std::string_view(options.layers))) {}

    /// Tells how many matrices were no ternary ones before.
    std::size_t run() {
        const std::vector<ModelTensor> tensors = source_.tensors();
        source_.add_metadata(writer_);
        writer_.add("general.file_type", layers_.file_type);
        for (const ModelTensor& tensor : tensors)
            declare(tensor);
        if (!divisors_.empty()) {
            bitnet::declare(writer_, {"rope_freqs.weight", "", 1, divisors_.size(), TensorKind::norm},
                            find_number_format("F32")->gguf_type, divisors_.size() * sizeof(float));
        }
        Progress progress("converting");
        for (std::size_t i = 0; i < tensors.size(); ++i) {
            Interrupt::check();
            progress.update(i, tensors.size());
            tensors[i].kind == TensorKind::ternary ? write_ternary(tensors[i]) : write_dense(tensors[i]);
        }
        if (!divisors_.empty()) writer_.write(std::as_bytes(std::span(divisors_)));
        writer_.finish();
        return rounded_;
    }

 private:
    const NumberFormat& format_of(const ModelTensor& tensor) const {
        if (tensor.kind == TensorKind::norm) return *find_number_format("F32");
        return embedding_ != nullptr ? *embedding_ : *source_.dense(tensor.name).format;
    }

    void declare(const ModelTensor& tensor) {
        const std::size_t values = tensor.rows * tensor.cols;
        if (tensor.kind != TensorKind::ternary) {
            const NumberFormat& format = format_of(tensor);
            if (tensor.cols % format.block_values != 0)
                refuse(joined("rows of a multiple of ", format.block_values, ", as ", format.name, " has,"), tensor,
                       tensor.cols);
            return bitnet::declare(writer_, tensor, format.gguf_type, format.bytes(values));
        }
        const std::size_t bytes = layers_.bytes(tensor.rows, tensor.cols);
        if (bytes == 0)
            refuse(joined("a shape that ", layers_.name, " can hold (--layers names another)"), tensor,
                   joined(tensor.rows, " x ", tensor.cols));
        bitnet::declare(writer_, tensor, layers_.gguf_type, bytes);
    }

    void write_ternary(const ModelTensor& tensor) {
        TernaryTensor found = reader_.ternary(tensor.name, tensor.rows, tensor.cols);
        rounded_ += found.rounded ? 1 : 0;
        if (is_rotated(tensor.name) && source_.family().rotates_pairs)
            found = in_pairs(found, source_.config().head_dim);
        std::vector<std::byte> bytes;
        try {
            bytes = layers_.pack(found.matrix, threads_);
        } catch (const std::invalid_argument& error) {
            refuse(joined("scales that ", layers_.name, " can hold", advice(found.matrix)), tensor,
                   joined("scale ", found.scale_text(), "; ", error.what()));
        }
        writer_.write(bytes);
    }

    /// Names a format that holds the matrix: I2_S has one float as its scale, others a 16-bit one for each group.
    std::string advice(const ternion::TernaryBytes& matrix) const {
        constexpr std::pair<std::string_view, std::size_t> formats[] = {
            {"I2_S", 0}, {"TQ1_0", 256}, {"TQ2_0", 256}, {"PQ2_0", 128}, {"Q2_0", 64}};
        std::string_view best;
        for (const auto& [name, inputs] : formats) {
            const bool scales = inputs == 0 ? matrix.has_one_scale()
                                            : !matrix.has_one_scale() && matrix.inputs_of_scale() % inputs == 0;
            if (!scales || find_ternary_format(name)->bytes(matrix.shape.n, matrix.shape.k) == 0) continue;
            // No other 16-bit scale is closer than that of the format asked for.
            if (name == layers_.name) return {};
            if (best.empty()) best = name;
        }
        return best.empty() ? std::string() : joined(" (--layers ", best, " has such)");
    }

    void write_dense(const ModelTensor& tensor) {
        const DenseTensor matrix = reader_.dense(tensor.name, tensor.rows, tensor.cols);
        const NumberFormat& format = format_of(tensor);
        std::vector<float> row(matrix.cols);
        std::vector<std::byte> encoded(format.bytes(matrix.cols));
        for (std::size_t n = 0; n < matrix.rows; ++n) {
            matrix.read(n, row);
            for (const float x : row) {
                if (!std::isfinite(x)) refuse("finite numbers", tensor, "NaN or infinity");
                if (!(std::abs(x) < format.limit)) refuse(joined("numbers that fit ", format.name), tensor, x);
            }
            if (matrix.format == &format) continue;
            format.encode(row, encoded.data());
            writer_.write(encoded);
        }
        if (matrix.format == &format) writer_.write(matrix.bytes);
    }

    template <class Number>
    [[noreturn]] void refuse(const std::string& expected, const ModelTensor& tensor, Number found) const {
        throw FileError(source_.name(), joined(expected, " in tensor ", in_quotes(source_.stored_name(tensor.name))),
                        found);
    }

    const ModelSource& source_;
    std::vector<float> divisors_;
    GgufWriter writer_;
    const NumberFormat* embedding_;  // null: as the source has it
    const TernaryFormat& layers_;
    ternion::ThreadPool threads_;
    TensorReader reader_{source_, threads_};
    std::size_t rounded_ = 0;
};

void convert(const ConvertOptions& options) {
    write_model(*open(options.model), options);
}

}  // namespace

void write_model(const ModelSource& source, const ConvertOptions& options) {
    const Interrupt interrupt;
    const std::size_t rounded = Converter(source, options).run();
    if (rounded == 0 || source.trains_floats()) return;
    const std::string line = joined(
        "warning: ", rounded, " matrices were floats and are ternary now; nothing says that this model of family ",
        source.family().name, " was trained for that: expect a far worse one, unless it is trained further\n");
    std::fputs(line.c_str(), stderr);
}

void add_conversion(CLI::App& app, const char* name, const char* help, const char* example,
                    void (*run)(const ConvertOptions&)) {
    const auto [command, options] = add_command(app, name, help, example, run);
    add_file_options(command, options.model);
    add_file(command, "--output", options.output, "the GGUF file to write")->required();
    command.add_option("--layers", options.layers, "packing of the ternary layers: I2_S, TQ1_0, TQ2_0, Q2_0 or PQ2_0")
        ->transform(CLI::IsMember({"I2_S", "TQ1_0", "TQ2_0", "Q2_0", "PQ2_0"}, CLI::ignore_case).description(""))
        ->type_name("TYPE")
        ->capture_default_str();
    command
        .add_option("--embedding", options.embedding,
                    "numbers of the embedding: F32, F16, BF16, Q8_0 or Q6_K; keep: as they are")
        ->transform(CLI::IsMember({"keep", "F32", "F16", "BF16", "Q8_0", "Q6_K"}, CLI::ignore_case).description(""))
        ->type_name("TYPE")
        ->capture_default_str();
}

void add_convert(CLI::App& app) {
    add_conversion(app, "convert", "Write a model as GGUF, from any format",
                   "bitnet-2b4t convert -m bitnet-b1.58-2B-4T --output model.gguf", convert);
}

}  // namespace bitnet::cli
