#include "input.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include <program/cli/interrupt.hpp>
#include <program/cli/output.hpp>
#include <program/io/file_error.hpp>

#if defined(BITNET_LIBEDIT)
#include <histedit.h>

#include <clocale>
#include <cwchar>
#endif

namespace bitnet::cli {

namespace {

constexpr std::size_t longest_input = std::size_t{64} << 20;

void check_length(const std::string& text, const std::string& name) {
    if (text.size() > longest_input) throw FileError(name, "at most 64 MiB", "more");
}

FileError unreadable(const std::string& name) {
    return {name, std::string("cannot be read: ") + std::strerror(errno)};
}

}  // namespace

std::string read_input(const std::string& path) {
    const std::string name = path == "-" ? "standard input" : path;
    using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;
    const File file(path == "-" ? stdin : std::fopen(path.c_str(), "rbe"), std::fclose);
    if (!file) throw unreadable(name);
    std::string text;
    std::array<char, 65536> some;
    while (const std::size_t size = std::fread(some.data(), 1, some.size(), file.get())) {
        text.append(some.data(), size);
        check_length(text, name);
    }
    if (std::ferror(file.get()) != 0) throw unreadable(name);
    return text;
}

bool next_line(std::string& line) {
    line.clear();
    int c = EOF;
    while ((c = std::getchar()) != EOF && c != '\n') {
        line += static_cast<char>(c);
        check_length(line, "standard input");
    }
    if (std::ferror(stdin) != 0) throw unreadable("standard input");
    return c != EOF || !line.empty();
}

bool input_is_terminal() {
    return ::isatty(STDIN_FILENO) == 1;
}

#if defined(BITNET_LIBEDIT)

struct LineEditor::Library {
    Library() {
        // So that characters of several bytes are single ones.
        if (std::setlocale(LC_CTYPE, "C.UTF-8") == nullptr) std::setlocale(LC_CTYPE, "");
        HistEvent event;
        history(lines, &event, H_SETSIZE, 500);
        history(lines, &event, H_SETUNIQUE, 1);
        el_set(editor, EL_CLIENTDATA, this);
        el_set(editor, EL_EDITOR, "emacs");
        el_set(editor, EL_SIGNAL, 0);
        el_set(editor, EL_HIST, history, lines);
        el_set(editor, EL_PROMPT_ESC, &Library::show_prompt, '\1');
        el_set(editor, EL_GETCFN, &Library::read_character);
    }
    ~Library() {
        el_end(editor);
        history_end(lines);
    }

    static Library& of(EditLine* editor) {
        void* self = nullptr;
        el_get(editor, EL_CLIENTDATA, &self);
        return *static_cast<Library*>(self);
    }
    static char* show_prompt(EditLine* editor) { return of(editor).prompt.data(); }

    /// 1, or 0 at the end of the input and at Ctrl-C.
    static int read_character(EditLine* editor, wchar_t* character) {
        std::mbstate_t state{};
        for (;;) {
            char byte = 0;
            if (!Interrupt::await_input()) return 0;
            const ssize_t size = ::read(STDIN_FILENO, &byte, 1);
            if (size < 0 && errno == EINTR) continue;
            if (size <= 0) return static_cast<int>(size);
            of(editor).typed = true;
            const std::size_t length = std::mbrtowc(character, &byte, 1, &state);
            if (length == static_cast<std::size_t>(-1)) state = {};  // no character: left out
            if (length <= 1) return 1;
        }
    }

    bool typed = false;
    // What stands between two bytes 1 takes no room on the line.
    std::string prompt = coloured(1, ">") == ">" ? "> " : "\1\x1b[1m\1>\1\x1b[0m\1 ";
    EditLine* editor = el_init("bitnet-2b4t", stdin, stderr, stderr);
    History* lines = history_init();
};

LineEditor::Result LineEditor::next(std::string& line) {
    int size = 0;
    library_->typed = false;
    // Before the prompt: a key pressed in between would have its old meaning.
    el_set(library_->editor, EL_PREP_TERM, 1);
    const char* typed = el_gets(library_->editor, &size);
    if (typed == nullptr || size <= 0) {
        el_reset(library_->editor);
        return Interrupt::noted() ? Result::interrupted : Result::end;
    }
    line.assign(typed, static_cast<std::size_t>(size));
    if (line.ends_with('\n')) line.pop_back();
    HistEvent event;
    if (!line.empty()) history(library_->lines, &event, H_ENTER, line.c_str());
    return Result::line;
}

#else

struct LineEditor::Library {
    bool typed = false;
};

LineEditor::Result LineEditor::next(std::string& line) {
    std::fputs((coloured(1, ">") + " ").c_str(), stderr);
    if (!Interrupt::await_input()) return Result::interrupted;
    return next_line(line) ? Result::line : Result::end;
}

#endif

LineEditor::LineEditor() : library_(std::make_unique<Library>()) {}
LineEditor::~LineEditor() = default;

bool LineEditor::typed() const {
    return library_->typed;
}

}  // namespace bitnet::cli
