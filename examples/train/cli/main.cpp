#include <bitnet_2b4t/cli/file_options.hpp>
#include <bitnet_2b4t/cli/interrupt.hpp>
#include <bitnet_2b4t/cli/output.hpp>
#include <bitnet_2b4t/cli/usage.hpp>
#include <bitnet_2b4t/files/mapped_file.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <string>

#include "command.hpp"

namespace {

constexpr int failure = 1;
constexpr int wrong_usage = 2;

void complain(std::string message) {
    for (char& c : message) {
        if (static_cast<unsigned char>(c) < 0x20) c = ' ';
    }
    std::fprintf(stderr, "bitnet-train: %s\n", message.c_str());
}

int run(int argc, char** argv) {
    CLI::App app("Trains a small language model with ternary weights, from nothing, on this machine.", "bitnet-train");
    app.require_subcommand(1);
    bitnet::cli::add_version(app);
    app.footer("Example: bitnet-train run --output my-model");
    train::cli::Action action;
    for (const auto add : {train::cli::add_run, train::cli::add_questions, train::cli::add_curve})
        add(app, action);
    bitnet::cli::refuse_empty_names(app);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const std::string complaint = bitnet::cli::answer_or_complaint(app, error);
        if (complaint.empty()) return 0;
        complain(complaint);
        return wrong_usage;
    }
    action();
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    bitnet::end_on_truncation("bitnet-train");
    try {
        return run(argc, argv);
    } catch (const bitnet::cli::ReaderGone&) {
        return 0;
    } catch (const bitnet::cli::Interrupted& error) {
        complain(error.what());
        bitnet::cli::Interrupt::end_process();
    } catch (const std::bad_alloc&) {
        complain("out of memory");
    } catch (const std::exception& error) {
        complain(error.what());
    }
    return failure;
}
