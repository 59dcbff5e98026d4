#include "convert.hpp"

#include <cmath>
#include <cstdio>
#include <string>
#include <ternion/ternion.hpp>
#include <vector>

#include <program/cli/interrupt.hpp>
#include <program/cli/output.hpp>
#include "../files/gguf_writer.hpp"
#include "../files/tensor_reader.hpp"

namespace bitnet::cli {

using namespace program;
namespace {

/// Writes one model. Each tensor goes through memory alone; a file holds numbers as they were, or as the user wants.
class Converter {
 public:
    Converter(const ModelSource& source, const ConvertOptions& options)
        : source_(source), writer_(options.output, source.files()), embedding_(find_number_format(options.embedding)) {}

    void run() {
        const std::vector<ModelTensor> tensors = source_.tensors();
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
        const auto packed = reader_.i2s(tensor.name, tensor.rows, tensor.cols);
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
    ternion::ThreadPool threads_;
    TensorReader reader_{source_, threads_};
};

void convert(const ConvertOptions& options) {
    write_model(*open(options.model), options);
}

}  // namespace

void write_model(const ModelSource& source, const ConvertOptions& options) {
    const Interrupt interrupt;
    Converter(source, options).run();
    if (find_number_format(source.ternary("blk.0.attn_q.weight").format) == nullptr) return;
    std::fputs(
        "Weights that weren't trained to be ternary lose much by it: expect\n"
        "a far worse model, unless it is trained further.\n",
        stderr);
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

void add_convert(CLI::App& app) {
    add_conversion(app, "convert", "Write a model as GGUF with I2_S layers, from any format",
                   "bitnet-2b4t convert -m bitnet-b1.58-2B-4T --output model.gguf", convert);
}

}  // namespace bitnet::cli
