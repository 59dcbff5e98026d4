#include "golden.hpp"

#include <filesystem>
#include <map>
#include <set>

namespace bitnet_tests {
namespace {

using bitnet::ActivationType;
using nlohmann::json;

const std::map<std::string, ActivationType> activation_types = {{"int8-token", ActivationType::int8},
                                                                {"int8-64", ActivationType::int8_64},
                                                                {"int8-128", ActivationType::int8_128},
                                                                {"float", ActivationType::floats}};

GoldenFamily read(const std::string& description, std::set<std::string>& files) {
    const json object = json::parse(read_text(golden_families + "/" + description));
    const auto path = [&](const json& name) {
        files.insert(name.get<std::string>());
        return golden_families + "/" + name.get<std::string>();
    };
    GoldenFamily family{object.at("name"), object.at("tokens").get<std::vector<int>>(), {}, {}};
    for (const auto& [key, value] : object.items())
        if (key == "hf" || key.starts_with("gguf")) family.models.push_back(path(value));
    for (const auto& [mode, file] : object.at("modes").items()) {
        const std::string logits = path(file);
        if (mode == "int8-64-head") continue;  // the head's input is no int8 here
        family.modes.push_back({mode, activation_types.at(mode), read_doubles(logits)});
    }
    if (object.contains("embedding")) path(object["embedding"]);
    return family;
}

}  // namespace

std::vector<GoldenFamily> read_golden_families() {
    std::set<std::string> files, named;
    std::vector<GoldenFamily> families;
    for (const auto& entry : std::filesystem::directory_iterator(golden_families))
        files.insert(entry.path().filename().string());
    for (const std::string& file : files) {
        if (!file.ends_with(".json")) continue;
        named.insert(file);
        families.push_back(read(file, named));
    }
    CHECK(files == named);
    return families;
}

}  // namespace bitnet_tests
