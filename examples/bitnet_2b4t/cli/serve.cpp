#include <algorithm>
#include <bitnet/engine.hpp>
#include <cstdio>
#include <fstream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <ternion/distributed/any_communicator.hpp>
#include <vector>

#include <program/cli/command_line.hpp>
#include <program/cli/measurement.hpp>
#include <program/cli/number_option.hpp>
#include "../serve/api.hpp"
#include "../serve/http_server.hpp"
#include "../serve/scheduler.hpp"
#include "commands.hpp"
#include "generation_options.hpp"

namespace bitnet::cli {

using namespace program;
namespace {

struct ServeOptions {
    ModelOptions model;
    serve::HttpOptions http;
    serve::SchedulerOptions scheduler;
    serve::ApiOptions api;
    std::string key_file;
    std::optional<std::string> cors;  // the origin that pages may come from
    std::size_t cache_mb = 1024;
    std::size_t body_kb = 4096;
    int drain_seconds = 30;
};

/// A key a line, where people can't see it in the list of processes.
void read_keys(const std::string& path, std::vector<std::string>& keys) {
    std::ifstream file(path);
    if (!file) throw FileError(path, "can't be read");
    for (std::string line; std::getline(file, line);) {
        if (const std::string key = trimmed(line); !key.empty()) keys.push_back(key);
    }
    if (keys.empty()) throw FileError(path, "an API key in a line", "none");
}

/// Headers carry no other texts unchanged, so that a request couldn't match them.
void check_words(const char* name, const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
        const bool word = !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
        if (!word)
            throw std::runtime_error(
                joined(name, ": expected printable ASCII without spaces, found other text or none"));
    }
}

/// Waits until the answers that are on their way are written, for so long at most, or until it is asked again.
void drain(serve::HttpServer& server, serve::Api& api, int seconds) {
    server.stop_accepting();
    api.drain();
    const Stopwatch watch;
    while (server.exchanges() > 0 && watch.seconds() < seconds) {
        if (server.wait_for_signal(0.05)) break;
    }
}

/// Where, and who can ask.
std::string listening(const ServeOptions& options, int port) {
    const std::string& host = options.http.host;
    const bool ipv6 = host.find(':') != host.npos;
    const bool local = host == "localhost" || host == "::1" || host.starts_with("127.");
    const char* who = local                      ? " (this machine only; --host says otherwise)"
                      : options.api.keys.empty() ? " (whoever reaches it may ask; --api-key says otherwise)"
                                                 : "";
    return joined("http://", ipv6 ? "[" : "", host, ipv6 ? "]" : "", ":", port, who);
}

void serve_model(const ServeOptions& given) {
    ServeOptions options = given;
    if (!options.key_file.empty()) read_keys(options.key_file, options.api.keys);
    check_words("--api-key", options.api.keys);
    if (options.cors) {
        check_words("--cors", {*options.cors});
        options.http.headers = {{"Access-Control-Allow-Origin", *options.cors},
                                {"Access-Control-Allow-Methods", "GET, POST, OPTIONS"},
                                {"Access-Control-Allow-Headers", "Authorization, *"}};
    }
    options.scheduler.cache_bytes = options.cache_mb << 20;
    options.http.most_body_bytes = options.body_kb << 10;
    // More texts together need most weights, which the layouts for lists of them read more slowly.
    constexpr std::size_t most_that_skip = 8;
    if (options.scheduler.slots > most_that_skip) options.model.no_skip_zeros = true;
    const Model model = load(options.model, Parts::weights_and_tokenizer);
    auto scheduler = std::make_unique<serve::Scheduler>(model, options.scheduler);
    serve::Api api(model, *scheduler, options.api);
    auto server = std::make_unique<serve::HttpServer>(
        options.http, [&](auto request, auto responder) { api.handle(std::move(request), std::move(responder)); });
    std::fprintf(stderr, "listening on %s\n", listening(options, server->port()).c_str());
    while (!server->wait_for_signal(3600)) {
    }
    std::fprintf(stderr, "ending: %zu requests are still to be answered\n", server->exchanges());
    drain(*server, api, options.drain_seconds);
    server.reset();
    scheduler.reset();
}

void add_limits(CLI::App& command, ServeOptions& o) {
    const auto limit = [&](const char* name, auto& value, const char* help, auto least, auto most) {
        add_number(command, name, value, help, least, most)->group("Limits");
    };
    using Size = std::size_t;
    limit("--max-queue", o.scheduler.queue, "texts that wait for a slot; beyond that, 429", Size{0}, Size{100000});
    limit("--cache-mb", o.cache_mb, "memory for prompts and texts that may come again, in MiB; 0: none", Size{0},
          Size{1} << 24);
    limit("--prompt-piece", o.scheduler.piece, "tokens of prompts in a step for which others wait", Size{1},
          Size{65536});
    limit("--max-body-kb", o.body_kb, "largest body of a request, in KiB", Size{1}, Size{1} << 20);
    limit("--max-connections", o.http.most_connections, "connections at once", Size{1}, Size{100000});
    limit("--timeout", o.api.timeout_seconds, "seconds for an answer; 0: no end", 0, 1 << 20);
    limit("--read-timeout", o.http.read_seconds, "seconds for a request to come", 1, 3600);
    limit("--write-timeout", o.http.write_seconds, "seconds for a client to take a part of an answer", 1, 3600);
    limit("--drain", o.drain_seconds, "seconds for answers to end after SIGTERM", 0, 3600);
}

void add_sampling(CLI::App& command, SamplingOptions& s) {
    const auto sampling = [&](const char* name, auto& value, const char* help, auto least, auto most) {
        add_number(command, name, value, help, least, most)->group("Sampling, where a request doesn't say");
    };
    sampling("--temp", s.temperature, "temperature; 0 takes the likeliest token", 0.0F, 2.0F);
    sampling("--top-k", s.top_k, "draw from the K likeliest tokens; 0: from all", 0, 1 << 30);
    sampling("--top-p", s.top_p, "draw from the likeliest that have this probability together", 0.0F, 1.0F);
    sampling("--min-p", s.min_p, "leave out tokens less likely than this share of the likeliest", 0.0F, 1.0F);
}

}  // namespace

void add_serve(CLI::App& app) {
    const auto [command, options] =
        add_command(app, "serve", "Answer requests in OpenAI's protocol over HTTP, several at once",
                    "bitnet-2b4t serve -m ggml-model-i2_s.gguf --port 8080 --parallel 8", serve_model);
    options.model.load.full_head = false;
    options.model.load.batch = 128;  // a new request waits for a step at most
    add_model_options(command, options.model);
    command.add_option("--host", options.http.host, "address to listen on; 0.0.0.0: every one of this machine")
        ->capture_default_str()
        ->type_name("ADDRESS");
    add_number(command, "--port", options.http.port, "port; 0: any that is free", 0, 65535);
    add_number(command, "--parallel", options.scheduler.slots, "texts that are generated at once", std::size_t{1},
               std::size_t{128});
    command.add_option("--api-key", options.api.keys, "a key that requests must have; several may be given")
        ->expected(1)
        ->take_all()
        ->type_name("KEY");
    add_file(command, "--api-key-file", options.key_file, "a file with such keys, one a line");
    command.add_option("--cors", options.cors, "origin whose pages may ask; *: any")->type_name("ORIGIN");
    command.add_option("--chat-template", options.api.chat_template, "instead of the model's")
        ->check(CLI::IsMember(ChatTemplate::names()).description(""))
        ->type_name("NAME");
    command
        .add_option("--pooling", options.api.pooling,
                    "last: vectors are the last token's state, also of a model that doesn't say how they are made")
        ->check(CLI::IsMember({"last"}).description(""))
        ->type_name("TYPE");
    command.add_flag_function("--no-log", [&log = options.api.log](std::int64_t) { log = false; }, "log no requests");
    command.add_flag("--log-json", options.api.log_json, "log JSON objects");
    command.add_flag("--log-prompts", options.api.log_bodies, "log what is asked, too");
    add_limits(command, options);
    add_sampling(command, options.api.sampling);
}

}  // namespace bitnet::cli
