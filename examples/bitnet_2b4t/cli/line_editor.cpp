#include "line_editor.hpp"

#include <program/cli/interrupt.hpp>
#include <program/cli/output.hpp>

#if defined(BITNET_LIBEDIT)
#include <histedit.h>
#include <unistd.h>

#include <cerrno>
#include <clocale>
#include <cwchar>
#else
#include <cstdio>
#include <program/cli/input.hpp>
#endif

namespace bitnet::cli {

using namespace program;

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

bool LineEditor::next(std::string& line) {
    int size = 0;
    library_->typed = false;
    // Before the prompt: a key pressed in between would have its old meaning.
    el_set(library_->editor, EL_PREP_TERM, 1);
    const char* typed = el_gets(library_->editor, &size);
    if (typed == nullptr || size <= 0) {
        el_reset(library_->editor);
        return false;
    }
    line.assign(typed, static_cast<std::size_t>(size));
    if (line.ends_with('\n')) line.pop_back();
    HistEvent event;
    if (!line.empty()) history(library_->lines, &event, H_ENTER, line.c_str());
    return true;
}

#else

struct LineEditor::Library {
    bool typed = false;
};

bool LineEditor::next(std::string& line) {
    std::fputs((coloured(1, ">") + " ").c_str(), stderr);
    return Interrupt::await_input() && next_line(line);
}

#endif

LineEditor::LineEditor() : library_(std::make_unique<Library>()) {}
LineEditor::~LineEditor() = default;

bool LineEditor::typed() const {
    return library_->typed;
}

}  // namespace bitnet::cli
