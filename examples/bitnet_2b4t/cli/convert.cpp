#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <ternion/ternion.hpp>
#include <vector>

#include <program/cli/interrupt.hpp>
#include <program/cli/output.hpp>
#include "../files/gguf_writer.hpp"
#include "../files/tensor_reader.hpp"
#include "commands.hpp"
#include "model_options.hpp"

// `convert` and `ternarize`, which is the same with a table of what absmean does to each matrix.

namespace bitnet::cli {
namespace {

/// A model, where it goes, and what its embedding then holds: "keep", or "F32", "F16", "BF16".
struct ConvertOptions {
    ModelOptions model;
    std::string output;
    std::string embedding = "keep";
};

std::vector<ModelTensor> tensors_of(const ModelSource& source) {
    return model_tensors(source.config(), source.contains("output.weight"));
}

/// Writes one model. Each tensor goes through memory alone; a file holds numbers as they were, or as the user wants.
class Converter {
 public:
    Converter(const ModelSource& source, const ConvertOptions& options)
        : source_(source), writer_(options.output, source.files()), embedding_(find_number_format(options.embedding)) {}

    void run() {
        const std::vector<ModelTensor> tensors = tensors_of(source_);
        source_.add_metadata(writer_);
        for (const ModelTensor& tensor : tensors)
            declare(tensor);
        Progress progress("converting");
        for (std::size_t i = 0; i < tensors.size(); ++i) {
            Interrupt::check();
            progress.update(i, tensors.size());
            tensors[i].kind == ModelTensor::Kind::ternary ? write_ternary(tensors[i]) : write_dense(tensors[i]);
        }
        writer_.finish();
    }

 private:
    const NumberFormat& format_of(const ModelTensor& tensor) const {
        if (tensor.kind == ModelTensor::Kind::norm) return *find_number_format("F32");
        return embedding_ != nullptr ? *embedding_ : *source_.dense(tensor.name).format;
    }

    void declare(const ModelTensor& tensor) {
        const std::size_t values = tensor.rows * tensor.cols;
        if (tensor.kind != ModelTensor::Kind::ternary) {
            const NumberFormat& format = format_of(tensor);
            return bitnet::declare(writer_, tensor, format.gguf_type, format.bytes(values));
        }
        const std::size_t bytes = i2s_format.bytes(tensor.rows, tensor.cols);
        if (bytes == 0) refuse("a multiple of 128 weights, as I2_S has,", tensor, values);
        bitnet::declare(writer_, tensor, i2s_format.gguf_type, bytes);
    }

    void write_ternary(const ModelTensor& tensor) {
        const auto packed = reader_.packed<ternion::I2S>(tensor.name, tensor.rows, tensor.cols);
        writer_.write(packed.bytes());
        write_i2s_tail(writer_, packed.scale());
    }

    void write_dense(const ModelTensor& tensor) {
        const DenseTensor matrix = reader_.dense(tensor.name, tensor.rows, tensor.cols);
        const NumberFormat& format = format_of(tensor);
        if (matrix.format == &format) return writer_.write(matrix.bytes);
        std::vector<float> row(matrix.cols);
        std::vector<std::byte> encoded(format.bytes(matrix.cols));
        for (std::size_t n = 0; n < matrix.rows; ++n) {
            matrix.read(n, row);
            for (const float x : row) {
                if (format.name == "F16" && !(std::abs(x) < 65520)) refuse("numbers that fit F16", tensor, x);
            }
            format.encode(row, encoded.data());
            writer_.write(encoded);
        }
    }

    template <class Number>
    [[noreturn]] void refuse(const char* expected, const ModelTensor& tensor, Number found) const {
        throw FileError(source_.name(), joined(expected, " in tensor ", in_quotes(tensor.name)), found);
    }

    const ModelSource& source_;
    GgufWriter writer_;
    const NumberFormat* embedding_;  // null: as the source has it
    Threads threads_;
    TensorReader reader_{source_, threads_};
};

/// Float layers are quantised by absmean, with a warning. After a signal nothing stays.
void write_model(const ModelSource& source, const ConvertOptions& options) {
    const Interrupt interrupt;
    Converter(source, options).run();
    if (find_number_format(source.ternary("blk.0.attn_q.weight").format) == nullptr) return;
    std::fputs(
        "Weights that weren't trained to be ternary lose much by it: expect\n"
        "a far worse model, unless it is trained further.\n",
        stderr);
}

void convert(const ConvertOptions& options) {
    write_model(*open(options.model), options);
}

/// A row of the table: the scale, |W - scale T| / |W|, Euclidean, and the share of zeros.
std::string damage(const DenseTensor& weights, const TernaryTensor& trits) {
    std::vector<float> row(weights.cols);
    std::vector<std::int8_t> quantised(weights.cols);
    const auto scale = static_cast<double>(trits.scale);
    double lost = 0, all = 0, zeros = 0;
    for (std::size_t n = 0; n < weights.rows; ++n) {
        weights.read(n, row);
        trits.read(n, 1, quantised);
        for (std::size_t k = 0; k < weights.cols; ++k) {
            const auto w = static_cast<double>(row[k]);
            lost += std::pow(w - scale * quantised[k], 2);
            all += w * w;
        }
        zeros += static_cast<double>(std::ranges::count(quantised, 0));
    }
    const double error = all > 0 ? std::sqrt(lost / all) : 0;
    return formatted("%-25s %11.4g %5.1f %% %4.1f %%\n", weights.name.c_str(), scale, 100 * error,
                     100 * zeros / static_cast<double>(weights.rows * weights.cols));
}

void ternarize(const ConvertOptions& options) {
    const auto source = open(options.model);
    std::string table = "tensor                          scale   error  zeros\n";
    for (const auto& [name, rows, cols, kind] : tensors_of(*source)) {
        if (kind == ModelTensor::Kind::ternary) table += damage(source->dense(name), source->ternary(name));
    }
    write_model(*source, options);
    write_output(table);
}

void add_conversion(CLI::App& app, const char* name, const char* help, const char* example,
                    void (*run)(const ConvertOptions&)) {
    const auto [command, options] = add_command(app, name, help, example, run);
    add_file_options(command, options.model);
    add_file(command, "--output", options.output, "the GGUF file to write")->required();
    command
        .add_option("--embedding", options.embedding, "numbers of the embedding: F32, F16 or BF16; keep: as they are")
        ->transform(CLI::IsMember({"keep", "F32", "F16", "BF16"}, CLI::ignore_case).description(""))
        ->type_name("TYPE")
        ->capture_default_str();
}

}  // namespace

void add_convert(CLI::App& app) {
    add_conversion(app, "convert", "Write a model as GGUF with I2_S layers, from any format",
                   "bitnet-2b4t convert -m bitnet-b1.58-2B-4T --output model.gguf", convert);
}

void add_ternarize(CLI::App& app) {
    add_conversion(app, "ternarize",
                   "Quantise a model of float weights by absmean and write it as GGUF; print each matrix's error",
                   "bitnet-2b4t ternarize -m bitnet-b1.58-2B-4T-bf16 --output model.gguf", ternarize);
}

}  // namespace bitnet::cli
