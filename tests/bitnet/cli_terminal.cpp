#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <chrono>

#include "cli_program.hpp"
#include "endless_model.hpp"
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

/// A chat in a terminal of its own.
class Terminal {
 public:
    explicit Terminal(std::vector<std::string> arguments, unsigned short columns = 60) {
        arguments.insert(arguments.begin(), chat_program);
        std::vector<char*> raw;
        for (std::string& argument : arguments)
            raw.push_back(argument.data());
        raw.push_back(nullptr);
        winsize size{24, columns, 0, 0};
        process_ = ::forkpty(&terminal_, nullptr, nullptr, &size);
        if (process_ == 0) {
            ::setenv("TERM", "xterm", 1);
            ::setenv("NO_COLOR", "1", 1);
            ::execv(chat_program.c_str(), raw.data());
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

    void kill(int signal) { REQUIRE(::kill(process_, signal) == 0); }

    /// How the program ended, once it has; 128 + n for signal n.
    int status() {
        const Deadline deadline;
        while (read_some()) {
            INFO("waiting for the end, seen: " << seen_);
            REQUIRE(deadline.lies_ahead());
        }
        int status = 0;
        REQUIRE(::waitpid(process_, &status, 0) == process_);
        process_ = 0;
        return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
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
    for (const std::string wrong : {"/nonsense", "/sav x", "/helpless", "/etc/passwd is a file"}) {
        chat.type(wrong + "\r");
        const std::string name = wrong.substr(0, wrong.find(' '));
        CHECK(chat.read_until("\n> ").find("unknown command \"" + name + "\"; /help lists them") != std::string::npos);
    }
    for (const std::string unnamed : {"/save", "/load  "}) {
        chat.type(unnamed + "\r");
        CHECK(chat.read_until("\n> ").find("FILE, found no file name") != std::string::npos);
    }
    chat.type(" /help me: what is 123 + 45?\r");
    CHECK(chat.read_until("\n> ").find("unknown command") == std::string::npos);
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

#if defined(BITNET_LIBEDIT)
TEST_CASE("cli: Ctrl-C gives a line up, and doesn't leave, however often") {
    Terminal chat({"chat"});
    chat.read_until("> ");
    // The terminal throws away at Ctrl-C what the program hasn't read yet, and so shown.
    for (int i = 0; i < 3; ++i) {
        chat.type("half a line");
        chat.read_until("half a line");
        chat.type("\x03");
        chat.read_until("leaves.\r\n> ");
    }
    chat.type("x");
    chat.read_until("x");
    chat.type("\b");
    chat.read_until("\x1b[K");
    chat.type("\x03");
    chat.read_until("leaves.\r\n> ");
    chat.type("/stats\r");
    chat.read_until("\n> ");
    chat.type("\x03");
    chat.read_until("leaves.\r\n> ");
    chat.type("\x03");
    CHECK(chat.status() == 0);
}
#endif

TEST_CASE("cli: SIGTERM ends a chat") {
    Terminal chat({"chat"});
    chat.read_until("> ");
    chat.kill(SIGTERM);
    chat.read_until("interrupted");
    CHECK(chat.status() == 128 + SIGTERM);
}

TEST_CASE("cli: a full context is said, and the oldest turns make room") {
    Terminal chat({"chat", "-m", golden_gguf, "-c", "40", "-n", "-1", "--temp", "0"});
    chat.read_until("> ");
    chat.type("hello\r");
    chat.read_until("the answer is cut, and the next turn forgets the oldest]\r\n> ");
    chat.type("hello again\r");
    chat.read_until("[the context was full: the oldest turns are forgotten]\r\n");
    chat.read_until("\n> ");
    chat.type("0123456789 0123456789 0123456789 0123456789 0123456789\r");
    CHECK(chat.read_until("\n> ").find("expected a prompt of at most 40 tokens") != std::string::npos);
    chat.type("hi\r");
    chat.read_until("the next turn forgets the oldest]\r\n> ");
}

TEST_CASE("cli: Ctrl-C stops an answer, and the chat goes on") {
    const TemporaryFolder folder;
    write_endless_model(folder / "model.gguf");
    std::vector<std::string> arguments = {"chat", "-m", folder / "model.gguf"};
    arguments.insert(arguments.end(), endlessly.begin(), endlessly.end());
    Terminal chat(arguments);
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
    chat.read_until("unknown command");
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

TEST_CASE("cli: the progress of loading fits the terminal and leaves nothing behind") {
    for (const unsigned short columns : std::array<unsigned short, 5>{100, 58, 57, 40, 20}) {
        Terminal chat({"chat", "-m", golden_gguf}, columns);
        const std::string start = chat.read_until("/help shows the commands.\r\n> ");
        CHECK(start.find("loading") != std::string::npos);
        const std::string bars = start.substr(0, start.find("/help"));
        for (std::size_t begin = 0; begin < bars.size();) {
            const std::size_t end = std::min(bars.find('\r', begin), bars.size());
            CHECK(end - begin <= std::min<std::size_t>(58, columns - 1));
            begin = end + 1;
        }
        CHECK(bars.ends_with(" \r"));
        if (columns >= 40) CHECK(bars.find("] 100 %") != std::string::npos);
    }
}

TEST_CASE("cli: help is as wide as the terminal, 80 columns at most") {
    for (const unsigned short columns : std::array<unsigned short, 3>{60, 80, 120}) {
        for (const std::string command : {"chat", "serve", "convert", "bench"}) {
            Terminal help({command, "--help"}, columns);
            const std::string text = help.read_until("Example: ");
            std::size_t longest = 0;
            for (std::size_t begin = 0, end = 0; (end = text.find("\r\n", begin)) != text.npos; begin = end + 2)
                longest = std::max(longest, end - begin);
            INFO(columns << ": " << text);
            const std::size_t width = std::min<std::size_t>(columns, 80);
            CHECK(longest <= width);
            CHECK(longest > width - 8);
        }
    }
}

}  // namespace
