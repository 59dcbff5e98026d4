#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <chrono>

#include "cli_program.hpp"
#include "files/synth.hpp"
#include "files_fixture.hpp"

namespace {

using namespace bitnet_tests;

/// A minute from now: what takes longer hangs.
class Deadline {
 public:
    bool lies_ahead() const { return std::chrono::steady_clock::now() < end_; }

 private:
    std::chrono::steady_clock::time_point end_ = std::chrono::steady_clock::now() + std::chrono::minutes(1);
};

/// A chat in a terminal of its own, 60 columns wide.
class Terminal {
 public:
    explicit Terminal(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), program);
        std::vector<char*> raw;
        for (std::string& argument : arguments)
            raw.push_back(argument.data());
        raw.push_back(nullptr);
        winsize size{24, 60, 0, 0};
        process_ = ::forkpty(&terminal_, nullptr, nullptr, &size);
        if (process_ == 0) {
            ::setenv("TERM", "xterm", 1);
            ::setenv("NO_COLOR", "1", 1);
            ::execv(program.c_str(), raw.data());
            ::_exit(127);
        }
        REQUIRE(process_ > 0);
    }
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;
    ~Terminal() {
        if (process_ > 0) {
            ::kill(process_, SIGKILL);
            ::waitpid(process_, nullptr, 0);
        }
        ::close(terminal_);
    }

    void type(std::string_view keys) {
        REQUIRE(::write(terminal_, keys.data(), keys.size()) == static_cast<ssize_t>(keys.size()));
    }

    /// Reads until `text` has come and takes all up to its end.
    std::string read_until(std::string_view text) {
        const Deadline deadline;
        while (seen_.find(text) == std::string::npos) {
            INFO("waiting for " << text << ", seen: " << seen_);
            REQUIRE(deadline.lies_ahead());
            REQUIRE(read_some());
        }
        const std::string before = seen_.substr(0, seen_.find(text) + text.size());
        seen_.erase(0, before.size());
        return before;
    }

    /// Reads and takes that many bytes, whatever they are.
    void read_bytes(std::size_t count) {
        const Deadline deadline;
        while (seen_.size() < count) {
            INFO("waiting for " << count << " bytes, seen: " << seen_);
            REQUIRE(deadline.lies_ahead());
            REQUIRE(read_some());
        }
        seen_.erase(0, count);
    }

    /// How the program ended, once it has.
    int status() {
        const Deadline deadline;
        while (read_some()) {
            INFO("waiting for the end, seen: " << seen_);
            REQUIRE(deadline.lies_ahead());
        }
        int status = 0;
        REQUIRE(::waitpid(process_, &status, 0) == process_);
        process_ = 0;
        REQUIRE(WIFEXITED(status));
        return WEXITSTATUS(status);
    }

 private:
    /// False when the program has closed the terminal.
    bool read_some() {
        pollfd waiting{terminal_, POLLIN, 0};
        if (::poll(&waiting, 1, 1000) == 0) return true;
        std::array<char, 4096> some;
        const ssize_t size = ::read(terminal_, some.data(), some.size());
        if (size > 0) seen_.append(some.data(), static_cast<std::size_t>(size));
        return size > 0;
    }

    int terminal_ = -1;
    pid_t process_ = 0;
    std::string seen_;
};

TEST_CASE("cli: a chat at a terminal has a prompt, commands, and ends with its input") {
    Terminal chat({"chat", "--seed", "1"});
    const std::string greeting = chat.read_until("> ");
    CHECK(greeting.find("Ask it, for example") != std::string::npos);
    chat.type("What is 123 + 45?\r");
    CHECK(chat.read_until("\n> ").find("so 168") != std::string::npos);
    chat.type("/stats\r");
    CHECK(chat.read_until("\n> ").find("of 512 tokens") != std::string::npos);
    chat.type("/nonsense\r");
    CHECK(chat.read_until("\n> ").find("no such command") != std::string::npos);
    chat.type("\r");
    chat.read_until("\n> ");
    chat.type("\x04");
    CHECK(chat.status() == 0);
}

TEST_CASE("cli: /exit leaves") {
    Terminal chat({"chat"});
    chat.read_until("> ");
    chat.type("/exit\r");
    CHECK(chat.status() == 0);
}

TEST_CASE("cli: Ctrl-C at the prompt asks for a second one, which leaves") {
    Terminal chat({"chat"});
    chat.read_until("> ");
    chat.type("half a line\x03");
    chat.read_until("leaves.\r\n> ");
    // What comes between takes the first one back.
    chat.type("/help\r");
    chat.read_until("\n> ");
    chat.type("\x03");
    chat.read_until("leaves.\r\n> ");
    chat.type("\x03");
    CHECK(chat.status() == 0);
}

TEST_CASE("cli: a full context is said, the oldest turns make room, and /reset helps") {
    Terminal chat({"chat", "-m", golden_gguf, "-c", "40", "-n", "-1", "--temp", "0"});
    chat.read_until("> ");
    chat.type("hello\r");
    chat.read_until("the context is full: /reset begins anew]\r\n> ");
    chat.type("hello again\r");
    chat.read_until("[the context was full: the oldest turns are forgotten]\r\n");
    chat.read_until("\n> ");
    chat.type("0123456789 0123456789 0123456789 0123456789 0123456789\r");
    CHECK(chat.read_until("\n> ").find("expected a prompt of at most 40 tokens") != std::string::npos);
    chat.type("/reset\r");
    chat.read_until("\n> ");
    chat.type("hi\r");
    chat.read_until("the context is full: /reset begins anew]\r\n> ");
}

TEST_CASE("cli: Ctrl-C stops an answer, and the chat goes on") {
    // A model that goes on for a very long time: it draws from 100000 tokens alike, and only two of them stop it.
    const TemporaryFolder folder;
    bitnet::SynthOptions options;
    options.output = folder / "model.gguf";
    options.layers = 2;
    options.sizes = bitnet::config_2b4t;
    options.sizes.hidden = 64;
    options.sizes.ffn = 128;
    options.sizes.heads = 2;
    options.sizes.kv_heads = 1;
    options.sizes.head_dim = 32;
    options.sizes.vocab = 100000;
    options.sizes.context = 1 << 20;
    bitnet::synthesize(options);
    Terminal chat({"chat", "-m", folder / "model.gguf", "--temp", "1000", "--top-k", "0", "--top-p", "1", "--min-p",
                   "0", "--seed", "1"});
    chat.read_until("> ");
    for (int turn = 0; turn < 2; ++turn) {
        chat.type("hello\r");
        chat.read_until("hello\r\n");
        chat.read_bytes(200);
        chat.type("\x03");
        chat.read_until("[stopped; Ctrl-C again leaves]\r\n> ");
    }
    chat.type("\x03");
    CHECK(chat.status() == 0);
}

#if defined(BITNET_LIBEDIT)
TEST_CASE("cli: lines can be edited, and come back from the history") {
    Terminal chat({"chat"});
    chat.read_until("> ");
    chat.type("/hxelp\x02\x02\x02\b\r");  // Ctrl-B thrice, backspace
    chat.read_until("Ctrl-C stops an answer");
    chat.read_until("\n> ");
    chat.type("/stats\r");
    chat.read_until("KV cache");
    chat.read_until("\n> ");
    chat.type("\x10\x10\r");  // Ctrl-P twice
    chat.read_until("Ctrl-C stops an answer");
    chat.read_until("\n> ");
    chat.type("/nothing \xc3\xa9\b\b\r");  // a character of two bytes goes at one stroke
    chat.read_until("no such command");
    chat.read_until("\n> ");
    chat.type("\x04");
    CHECK(chat.status() == 0);
}
#endif

TEST_CASE("cli: a model file that is truncated while it is mapped ends the chat with one line") {
    const TemporaryFolder folder;
    const std::string model = folder / "model.gguf";
    std::filesystem::copy(golden_gguf, model);
    Terminal chat({"chat", "-m", model});
    chat.read_until("> ");
    REQUIRE(::truncate(model.c_str(), 4096) == 0);
    chat.type("hello\r");
    chat.read_until("bitnet-2b4t: " + model + ": expected all of the file, found it truncated since\r\n");
    CHECK(chat.status() == 1);
}

TEST_CASE("cli: the progress of loading fits 60 columns and leaves nothing behind") {
    Terminal chat({"chat", "-m", golden_gguf});
    const std::string start = chat.read_until("/help shows the commands.\r\n> ");
    for (std::size_t begin = 0; begin < start.size();) {
        const std::size_t end = std::min(start.find_first_of("\r\n", begin), start.size());
        CHECK(end - begin <= 60);
        begin = end + 1;
    }
    CHECK(start.find("100 %") != std::string::npos);
    const std::size_t last = start.rfind('\r', start.find("/help") - 1);
    CHECK(start.find_first_not_of(" \r", start.rfind("] 100 %") + 7) == start.find("/help"));
    CHECK(last != std::string::npos);
}

}  // namespace
