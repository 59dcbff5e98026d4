#include "converter.hpp"

#include <array>
#include <cctype>
#include <cmath>
#include <span>
#include <ternion/ternion.hpp>
#include <vector>

#include "../compute/threads.hpp"
#include "../files/gguf_writer.hpp"
#include "../files/ternary_format.hpp"
#include "interrupt.hpp"
#include "progress.hpp"

namespace bitnet::cli {

namespace {

constexpr std::size_t i2s_tail = 32;

void check_shape(const ModelSource& source, const ModelTensor& expected, std::size_t rows, std::size_t cols) {
    if (rows == expected.rows && cols == expected.cols) return;
    const auto text = [](std::size_t n, std::size_t k) { return std::to_string(n) + " x " + std::to_string(k); };
    throw FileError(source.name(),
                    text(expected.rows, expected.cols) + " numbers in tensor " + in_quotes(expected.name),
                    text(rows, cols));
}

/// Writes one model. Each tensor goes through memory alone; a file holds numbers as they were, or as the user wants.
class Converter {
 public:
    Converter(const ModelSource& source, const std::string& output, const std::string& embedding)
        : source_(source), writer_(output), embedding_(find_number_format(upper(embedding))) {}

    void run() {
        const std::vector<ModelTensor> tensors = model_tensors(source_.config(), source_.contains("output.weight"));
        source_.add_metadata(writer_);
        for (const ModelTensor& tensor : tensors)
            declare(tensor);
        const Interrupt interrupt;
        Progress progress("converting");
        for (std::size_t i = 0; i < tensors.size(); ++i) {
            interrupt.check();
            progress.update(i, tensors.size());
            tensors[i].kind == ModelTensor::Kind::ternary ? write_ternary(tensors[i]) : write_dense(tensors[i]);
        }
        writer_.finish();
    }

 private:
    static std::string upper(std::string text) {
        for (char& c : text)
            c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        return text;
    }

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
        if (i2s_format.bytes(tensor.rows, tensor.cols) == 0) {
            throw FileError(source_.name(),
                            "a multiple of 128 weights, as I2_S has, in tensor " + in_quotes(tensor.name),
                            std::to_string(values));
        }
        bitnet::declare(writer_, tensor, i2s_format.gguf_type, i2s_format.bytes(tensor.rows, tensor.cols));
    }

    void write_ternary(const ModelTensor& tensor) {
        const TernaryTensor matrix = source_.ternary(tensor.name);
        check_shape(source_, tensor, matrix.rows, matrix.cols);
        std::vector<std::int8_t> trits(tensor.rows * tensor.cols);
        in_chunks(threads_, tensor.rows, 64, [&](std::size_t begin, std::size_t end) {
            matrix.read(begin, end - begin, std::span(trits).subspan(begin * matrix.cols, (end - begin) * matrix.cols));
        });
        writer_.write(ternion::pack<ternion::I2S>(trits, matrix.rows, matrix.cols, matrix.scale, threads_).bytes());
        const std::array<float, i2s_tail / sizeof(float)> tail{matrix.scale};
        writer_.write(std::as_bytes(std::span(tail)));
    }

    void write_dense(const ModelTensor& tensor) {
        const DenseTensor matrix = source_.dense(tensor.name);
        const NumberFormat& format = format_of(tensor);
        check_shape(source_, tensor, matrix.rows, matrix.cols);
        if (matrix.format == &format) return writer_.write(matrix.bytes);
        std::vector<float> row(matrix.cols);
        std::vector<ternion::Float16> halves(matrix.cols);
        std::vector<ternion::BFloat16> brains(matrix.cols);
        for (std::size_t n = 0; n < matrix.rows; ++n) {
            matrix.read(n, row);
            if (format.name == "F32") {
                writer_.write(std::as_bytes(std::span(row)));
            } else if (format.name == "BF16") {
                ternion::narrow(std::span<const float>(row), std::span(brains));
                writer_.write(std::as_bytes(std::span(brains)));
            } else {
                check_f16(row, tensor);
                ternion::narrow(std::span<const float>(row), std::span(halves));
                writer_.write(std::as_bytes(std::span(halves)));
            }
        }
    }

    void check_f16(std::span<const float> row, const ModelTensor& tensor) const {
        for (const float x : row) {
            if (std::abs(x) < 65520) continue;
            throw FileError(source_.name(), "numbers that fit F16 in tensor " + in_quotes(tensor.name),
                            std::to_string(x));
        }
    }

    const ModelSource& source_;
    GgufWriter writer_;
    const NumberFormat* embedding_;  // null: as the source has it
    Threads threads_;
};

}  // namespace

void convert_model(const ModelSource& source, const ConversionTarget& target) {
    Converter(source, target.output, target.embedding).run();
}

void add_target_options(CLI::App& command, ConversionTarget& target) {
    command.add_option("--output", target.output, "the GGUF file to write")->required()->type_name("FILE");
    command.add_option("--embedding", target.embedding, "numbers of the embedding: keep, f32, f16 or bf16")
        ->check(CLI::IsMember({"keep", "f32", "f16", "bf16"}))
        ->type_name("TYPE")
        ->capture_default_str();
}

}  // namespace bitnet::cli
