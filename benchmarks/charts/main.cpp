// Draws the charts of the documentation from what ternion-bench wrote, draw-charts RESULTS.json [FOLDER], or from what
// serving/measure.mjs did, draw-charts serving RESULTS.json OUTPUT.svg.

#include <cstdio>
#include <exception>
#include <program/io/output_file.hpp>
#include <span>
#include <string>

#include "results.hpp"

namespace {

void write(const std::string& path, const std::string& text) {
    program::OutputFile file(path);
    file.write(std::as_bytes(std::span(text)));
    file.finish();
}

}  // namespace

int main(int argc, char** argv) try {
    if (argc == 4 && std::string(argv[1]) == "serving") {
        write(argv[3], charts::serving(argv[2]));
        return 0;
    }
    if (argc < 2 || argc > 3 || argv[1][0] == '-') {
        std::fputs(
            "Usage: draw-charts RESULTS.json [FOLDER]\n"
            "Writes performance-gemv.svg and roofline.svg to FOLDER (default: docs).\n"
            "       draw-charts serving RESULTS.json OUTPUT.svg\n",
            stderr);
        return 2;
    }
    const std::string folder = argc > 2 ? argv[2] : "docs";
    const charts::Run run = charts::read_results(argv[1]);
    write(folder + "/performance-gemv.svg", charts::bars(run));
    write(folder + "/roofline.svg", charts::roofline(run));
} catch (const std::exception& error) {
    std::fprintf(stderr, "draw-charts: %s\n", error.what());
    return 1;
}
