#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <string>

#include "../files/mapped_file.hpp"
#include "command.hpp"
#include "cpu_check.hpp"
#include "file_options.hpp"
#include "interrupt.hpp"
#include "output.hpp"
#include "usage.hpp"

namespace {

using namespace bitnet::cli;

constexpr int failure = 1;
constexpr int wrong_usage = 2;

/// Exactly one line, whatever the message holds.
void complain(std::string message) {
    for (char& c : message) {
        if (static_cast<unsigned char>(c) < 0x20) c = ' ';
    }
    std::fprintf(stderr, "bitnet-2b4t: %s\n", message.c_str());
}

int run(int argc, char** argv) {
    CLI::App app("BitNet b1.58 2B4T: chat with a ternary language model, and measure it.", "bitnet-2b4t");
    app.require_subcommand(1);
    add_version(app);
    app.footer("Example: bitnet-2b4t chat -m ggml-model-i2_s.gguf");
    for (const auto add : {add_chat, add_complete, add_tokenize, add_logits, add_perplexity, add_score, add_bench,
                           add_inspect, add_convert, add_ternarize, add_synth, add_arch}) {
        add(app);
    }
    refuse_empty_names(app);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const std::string complaint = answer_or_complaint(app, error);
        if (complaint.empty()) return 0;
        complain(complaint);
        return wrong_usage;
    }
    return 0;
}

}  // namespace

constinit const ternion::CpuFeatures bitnet::cli::required_features = ternion::enabled_features;

int main(int argc, char** argv) {
    // A reader that went away is noticed by the write that fails.
    std::signal(SIGPIPE, SIG_IGN);
    bitnet::end_on_truncation("bitnet-2b4t");
    try {
        const int status = run(argc, argv);
        Interrupt::check();
        return status;
    } catch (const ReaderGone&) {
        return 0;
    } catch (const Interrupted& error) {
        complain(error.what());
        Interrupt::end_process();
    } catch (const std::bad_alloc&) {
        complain("out of memory");
    } catch (const std::exception& error) {
        complain(error.what());
    }
    return failure;
}
