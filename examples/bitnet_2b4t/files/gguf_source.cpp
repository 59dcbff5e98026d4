#include "gguf_source.hpp"

#include <algorithm>
#include <cstdio>
#include <set>
#include <utility>

#include "float_layers.hpp"
#include "gguf_config.hpp"
#include "gguf_types.hpp"
#include "gguf_vocabulary.hpp"
#include "gguf_writer.hpp"
#include "tensor_extents.hpp"
#include "tensor_format.hpp"

namespace bitnet {

using namespace program;
namespace {

/// "blk.0.attn_q.weight" -> "blk.0.attn_q.scale", which multiplies the product.
std::string scale_beside(std::string_view tensor) {
    return std::string(tensor.substr(0, tensor.rfind('.'))) + ".scale";
}

template <class Part>
std::vector<std::unique_ptr<Part>> opened(std::vector<std::unique_ptr<MappedFile>> files) {
    std::vector<std::unique_ptr<Part>> parts;
    for (auto& file : files) {
        parts.push_back(std::make_unique<Part>(std::move(file)));
        parts.back()->legacy_q2_0 = has_legacy_q2_0(parts.back()->gguf);
    }
    return parts;
}

std::vector<Declaration> declarations_of(const Gguf& gguf) {
    std::vector<Declaration> declarations;
    for (const auto& [key, value] : gguf.metadata())
        declarations.push_back({std::string(key), to_text(value), gguf.is_used(key)});
    return declarations;
}

}  // namespace

std::vector<std::string> split_names(const std::string& path) {
    unsigned part = 0, count = 0;
    int read = 0;
    const std::string_view tail = "-00001-of-00001.gguf";
    if (path.size() < tail.size()) return {path};
    const std::string stem = path.substr(0, path.size() - tail.size());
    std::sscanf(path.c_str() + stem.size(), "-%5u-of-%5u.gguf%n", &part, &count, &read);
    if (static_cast<std::size_t>(read) != tail.size() || part < 1 || part > count) return {path};
    std::vector<std::string> names;
    for (part = 1; part <= count; ++part) {
        char name[32];
        std::snprintf(name, sizeof name, "-%05u-of-%05u.gguf", part, count);
        names.push_back(stem + name);
    }
    // A number may be written in other ways, but not in the name of a part.
    return std::find(names.begin(), names.end(), path) == names.end() ? std::vector{path} : names;
}

GgufSource::GgufSource(std::unique_ptr<MappedFile> file, Masters masters)
    : GgufSource(one_file(std::move(file)), masters) {}

GgufSource::GgufSource(std::vector<std::unique_ptr<MappedFile>> files, Masters masters)
    : parts_(opened<Part>(std::move(files))),
      family_(family_of_gguf(gguf().text("general.architecture"), name())),
      config_((check_parts(), read_gguf_config(gguf(), family_))),
      masters_(config_.bit_linear == BitLinearKind::v1 ? Masters::refused  // signs, not trits
               : trains_floats()                       ? Masters::quantised
                                                       : masters) {
    check_tensors();
    for (const auto& part : parts_) {
        check_declarations(declarations_of(part->gguf), harmless_gguf_keys(), gguf().text("general.architecture"),
                           part->gguf.file());
    }
}

void GgufSource::check_parts() const {
    const auto integer = [](const Gguf& part, std::string_view key) {
        return part.contains(key) ? part.integer(key) : std::uint64_t{0};
    };
    for (std::size_t i = 0; i < parts_.size(); ++i) {
        const Gguf& part = parts_[i]->gguf;
        const std::uint64_t count = std::max<std::uint64_t>(1, integer(part, "split.count"));
        const std::uint64_t number = integer(part, "split.no");
        if (count != parts_.size() || number != i) {
            throw FileError(part.file(),
                            parts_.size() == 1 ? "a whole model; all parts of a split one, with names such as "
                                                 "model-00001-of-00002.gguf in one folder, are read together"
                                               : joined("part ", i + 1, " of ", parts_.size()),
                            joined("part ", number + 1, " of ", count));
        }
        if (i > 0) check_repeated(part);
    }
    check_tensor_count();
}

void GgufSource::check_tensor_count() const {
    constexpr std::string_view key = "split.tensors.count";
    std::size_t tensors = 0;
    for (const auto& part : parts_)
        tensors += part->gguf.tensors().size();
    for (const auto& part : parts_) {
        const Gguf& gguf = part->gguf;
        if (gguf.contains(key) && gguf.integer(key) != tensors)
            throw FileError(gguf.file(),
                            joined(gguf.integer(key), " tensors in all parts, as ", in_quotes(key), " says"), tensors);
    }
}

/// Only the first part's metadata is read: a later one may repeat it, and says nothing else but of itself.
void GgufSource::check_repeated(const Gguf& part) const {
    for (const auto& [key, value] : part.metadata()) {
        const auto first = gguf().metadata().find(key);
        const bool same =
            first != gguf().metadata().end() && first->second.type == value.type &&
            first->second.is_array == value.is_array && first->second.count == value.count &&
            std::equal(value.bytes.begin(), value.bytes.end(), first->second.bytes.begin(), first->second.bytes.end());
        if (same) part.use(key);
        if (same || key.starts_with("split.") || key.starts_with("general.")) continue;
        throw FileError(part.file(), joined("no key ", in_quotes(key), " but what the first part says"),
                        "the value " + to_text(value).substr(0, 60));
    }
}

/// Each tensor's type and place; and that it is one of the model's.
void GgufSource::check_tensors() const {
    std::set<std::string, std::less<>> known;
    for (const ModelTensor& tensor : model_tensors(config_)) {
        known.insert(tensor.name);
        if (tensor.kind == TensorKind::ternary) known.insert(scale_beside(tensor.name));
    }
    for (const auto& part : parts_) {
        check_places(*part);
        for (const GgufTensor& tensor : part->gguf.tensors()) {
            if (tensor.dims.size() > 2 && tensor.rows() != tensor.dims[1])
                throw FileError(part->gguf.file(), "rows and columns alone" + in_tensor(tensor.name),
                                joined(tensor.dims.size(), " dimensions"));
            if (find(tensor.name).part != part.get())
                throw FileError(part->gguf.file(), "each tensor in one part", in_quotes(tensor.name) + " twice");
            if (known.contains(tensor.name) || is_harmless_tensor(tensor.name)) continue;
            throw FileError(part->gguf.file(),
                            joined("no tensors but those of architecture ",
                                   in_quotes(gguf().text("general.architecture")), " with ", config_.layers, " layers"),
                            in_quotes(tensor.name));
        }
    }
}

/// That each tensor lies within the file, and has bytes of its own.
void GgufSource::check_places(const Part& part) {
    std::vector<TensorExtent> extents;
    for (const GgufTensor& tensor : part.gguf.tensors())
        extents.push_back({tensor.name, tensor.offset, bytes_of({&part, &tensor}).size()});
    check_extents(std::move(extents), part.gguf.file());
}

std::vector<std::string> GgufSource::files() const {
    std::vector<std::string> names;
    for (const auto& part : parts_)
        names.push_back(part->gguf.file());
    return names;
}

/// Only plain numbers are what a model was trained with: block formats have rounded them.
Masters GgufSource::masters_of(std::string_view name) const {
    if (contains(scale_beside(name))) return Masters::scaled;
    return dense(name).format->block_values == 1 ? masters_ : Masters::refused;
}

ternion::Shape GgufSource::shape(std::string_view tensor) const {
    const GgufTensor& found = *get(tensor).tensor;
    return {found.rows(), found.cols()};
}

TernaryTensor GgufSource::ternary(std::string_view name) const {
    const Found found = get(name);
    const GgufTensor& tensor = *found.tensor;
    const TernaryFormat* format = find_ternary_format(type_of(found));
    TernaryTensor matrix = format ? format->open({this->name(), std::string(name), std::string(format->name),
                                                  tensor.rows(), tensor.cols(), bytes_of(found)})
                                  : ternary_of(dense(name), masters_of(name), this->name());
    if (const std::string beside = scale_beside(name); contains(beside))
        matrix = matrix.scaled(read_scale(dense(beside), this->name()));
    return stores_pairs() && is_rotated(name) ? in_halves(matrix, config_.head_dim) : matrix;
}

bool GgufSource::is_ternary(std::string_view name) const {
    return find_ternary_format(type_of(get(name))) != nullptr || bitnet::is_ternary(dense(name));
}

DenseTensor GgufSource::dense(std::string_view name) const {
    const Found found = get(name);
    const NumberFormat* format = find_number_format(type_of(found));
    if (!format)
        throw FileError(this->name(), "F32, F16, BF16, Q8_0, Q6_K, TQ1_0, TQ2_0 or Q2_0" + in_tensor(name),
                        describe_type(found.tensor->type));
    return {std::string(name), format, found.tensor->rows(), found.tensor->cols(), bytes_of(found)};
}

std::vector<Declaration> GgufSource::metadata() const {
    return declarations_of(gguf());
}

/// All that is there, but for what the writer decides, and for how the file was split.
void GgufSource::add_metadata(GgufWriter& writer) const {
    for (const auto& [key, value] : gguf().metadata()) {
        if (key == "general.alignment" || key == "general.file_type" || key.starts_with("split.")) continue;
        writer.add(key, value);
    }
}

Vocabulary GgufSource::vocabulary() const {
    Vocabulary vocabulary = read_gguf_vocabulary(gguf());
    std::vector<HarmlessKey> harmless;
    for (const std::string_view key : harmless_tokenizer_keys())
        harmless.push_back({key, {}});
    std::vector<Declaration> declarations = declarations_of(gguf());
    std::erase_if(declarations, [](const Declaration& found) { return !found.key.starts_with("tokenizer."); });
    check_declarations(declarations, harmless, {}, name());
    return vocabulary;
}

GgufSource::Found GgufSource::find(std::string_view tensor) const {
    for (const auto& part : parts_)
        if (const GgufTensor* found = part->gguf.find_tensor(tensor)) return {part.get(), found};
    return {};
}

GgufSource::Found GgufSource::get(std::string_view tensor) const {
    if (const Found found = find(tensor); found.tensor) return found;
    throw FileError(name(), "tensor " + in_quotes(tensor), "none of that name");
}

std::uint32_t GgufSource::type_of(const Found& found) {
    return found.part->legacy_q2_0 && found.tensor->type == gguf_type_q2_0 ? gguf_type_pq2_0 : found.tensor->type;
}

std::size_t GgufSource::size_of(const Found& found) {
    const GgufTensor& tensor = *found.tensor;
    const std::string& file = found.part->gguf.file();
    const std::size_t rows = tensor.rows(), cols = tensor.cols();
    if (const TernaryFormat* format = find_ternary_format(type_of(found))) {
        if (const std::size_t bytes = format->bytes(rows, cols)) return bytes;
        throw FileError(file, "a shape that fits " + describe_type(tensor.type) + in_tensor(tensor.name),
                        joined(rows, " x ", cols));
    }
    const NumberFormat* format = find_number_format(tensor.type);
    if (!format) {
        throw FileError(file,
                        "I2_S, TQ1_0, TQ2_0, Q2_0, PQ2_0, or F32, F16, BF16, Q8_0, Q6_K numbers" +
                            in_tensor(tensor.name) +
                            " (llama-quantize writes TQ1_0 and TQ2_0 layers, and with --token-embedding-type q8_0 such "
                            "an embedding)",
                        describe_type(tensor.type));
    }
    if (cols % format->block_values != 0) {
        throw FileError(file, joined("rows of a multiple of ", format->block_values, in_tensor(tensor.name)), cols);
    }
    // At most 2^62 values. Only F32 needs so many bytes for each that a product could wrap.
    const std::size_t values = rows * cols;
    return values > SIZE_MAX / 4 ? SIZE_MAX : format->bytes(values);
}

std::span<const std::byte> GgufSource::bytes_of(const Found& found) {
    const std::size_t size = size_of(found);
    const auto rest = found.part->gguf.data().subspan(static_cast<std::size_t>(found.tensor->offset));
    if (size <= rest.size()) return rest.first(size);
    throw FileError(found.part->gguf.file(), joined(size, " bytes", in_tensor(found.tensor->name), " (truncated?)"),
                    joined(rest.size(), " up to the end of the file"));
}

}  // namespace bitnet
