// Models: the engine's, behind what the package's class Model calls.
#include <pybind11/stl.h>

#include <bitnet/engine.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "array.hpp"
#include "of_this_process.hpp"
#include "parts.hpp"
#include "signal_check.hpp"

namespace ternion_python {
namespace {

using Model = OfThisProcess<bitnet::Model>;

bitnet::Model& of(const Model& model) {
    return model.get("Model");
}

/// The value of an enumeration whose values are called so, in order.
template <class Enum, std::size_t Count>
Enum named(const char* what, const std::array<std::string_view, Count>& names, std::string_view name) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found != names.end()) return static_cast<Enum>(found - names.begin());
    std::string expected;
    for (const std::string_view one : names)
        expected += (expected.empty() ? "" : ", ") + std::string(one);
    throw py::value_error(std::string(what) + ": expected one of " + expected + ", found " + std::string(name));
}

/// Ends the loading of a model, which knows why.
struct Interrupted {};

Model load_model(const std::string& path, int threads, std::size_t context, const std::string& kv_type,
                 const std::string& activations, const std::string& isa) {
    SignalCheck signals;
    bitnet::LoadOptions options{.threads = threads, .context = context, .isa = isa};
    options.kv_type = named<bitnet::KvType>("kv_type", bitnet::kv_type_names, kv_type);
    options.activations = named<bitnet::ActivationType>("activations", bitnet::activation_type_names, activations);
    options.progress = [&](std::size_t, std::size_t) {
        if (signals()) throw Interrupted();
    };
    std::optional<bitnet::Model> model;
    try {
        const py::gil_scoped_release released;
        model.emplace(bitnet::load_model(path, options));
    } catch (const Interrupted&) {
        signals.rethrow();
    }
    return Model(*std::move(model));
}

/// With the names of special tokens, or without.
py::bytes detokenize(const Model& model, std::vector<int> ids, bool special) {
    const bitnet::Tokenizer& tokenizer = of(model).tokenizer();
    for (const int id : ids)
        (void)tokenizer.piece(id);  // throws for an id that is none
    if (!special) std::erase_if(ids, [&](int id) { return tokenizer.is_special(id); });
    return tokenizer.decode(ids);
}

/// The logits of what follows each token from `first` on, [tokens - first, vocabulary].
py::object logits(const Model& model, const std::vector<int>& ids, std::size_t first) {
    const std::size_t rows = ids.size() - first, vocabulary = of(model).vocabulary_size();
    const NewArray all = make_array(ElementType::float32, py::make_tuple(rows, vocabulary));
    SignalCheck signals;
    try {
        const py::gil_scoped_release released;
        bitnet::Session session(of(model));
        const auto take = [&](std::size_t position, std::span<const float> some) {
            const std::span<float> values = all.values<float>(rows * vocabulary);
            std::ranges::copy(some, values.begin() + static_cast<std::ptrdiff_t>((position - first) * vocabulary));
        };
        session.append(ids, first, take, std::ref(signals));
    } catch (const bitnet::Cancelled&) {
        signals.rethrow();
        throw;
    }
    return all.array;
}

/// A text that is being generated. The engine gives a token at a time, so that whoever iterates may stop at any.
class Generation {
 public:
    /// Reads the prompt.
    Generation(const Model& model, const std::vector<int>& prompt, int limit, const bitnet::SamplingOptions& sampling)
        : session_(of(model)), sampler_(sampling), left_(limit) {
        generate(prompt, 0);
    }

    /// The bytes of the next token, maybe none; None at the end.
    py::object next() {
        bitnet::Session& session = session_.get("generate");
        if (left_ == 0 || session.pending().size() > session.room()) return py::none();
        const bitnet::Generation made = generate({}, 1);
        if (left_ > 0) --left_;
        if (made.end != bitnet::GenerationEnd::limit) left_ = 0;
        return py::bytes(made.text);
    }

 private:
    bitnet::Generation generate(std::span<const int> prompt, int limit) {
        SignalCheck signals;
        bitnet::Session& session = session_.get("generate");
        bitnet::Generation made;
        {
            const py::gil_scoped_release released;
            made = session.generate(prompt, sampler_, {.limit = limit, .cancelled = std::ref(signals)}, {});
        }
        signals.rethrow();
        return made;
    }

    OfThisProcess<bitnet::Session> session_;
    bitnet::Sampler sampler_;
    int left_;  // tokens; -1: until the model stops
};

Generation start(const Model& model, const std::vector<int>& prompt, int limit, float temperature, int top_k,
                 float top_p, float min_p, float repeat_penalty, std::uint64_t seed) {
    return {model, prompt, limit,
            bitnet::SamplingOptions{.temperature = temperature,
                                    .top_k = top_k,
                                    .top_p = top_p,
                                    .min_p = min_p,
                                    .repeat_penalty = repeat_penalty,
                                    .seed = seed}};
}

}  // namespace

void add_models(py::module_& module) {
    py::class_<Generation>(module, "Generation").def("next", &Generation::next);
    py::class_<Model>(module, "Model")
        .def_property_readonly("name", [](const Model& model) { return py::bytes(of(model).name()); })
        .def_property_readonly("context", [](const Model& model) { return of(model).context(); })
        .def_property_readonly("vocabulary_size", [](const Model& model) { return of(model).vocabulary_size(); })
        .def_property_readonly("threads", [](const Model& model) { return of(model).options().threads; })
        .def_property_readonly("isa", [](const Model& model) { return of(model).options().isa; })
        .def("tokenize", [](const Model& model, const std::string& text,
                            bool special) { return of(model).tokenize(text, special); })
        .def("detokenize", detokenize)
        .def("logits", logits)
        .def("start", start);
    module.def("load_model", load_model);
}

}  // namespace ternion_python
