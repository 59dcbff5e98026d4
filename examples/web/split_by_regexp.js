// A library of Emscripten's: what text_splitter.cpp calls. In the JavaScript of 2015, which is what Emscripten 3.1 parses.
mergeInto(LibraryManager.library, {
  // Writes the length in bytes of each piece of some valid UTF-8; returns how many pieces there are. `pattern` is the
  // number of a SplitPattern. JavaScript has no (?i:...): letters stand in both cases, and the long s, which is an s
  // where case is ignored, beside them.
  split_by_regexp: function (pattern, text, size, lengths) {
    var words = "'(?:[sS\\u017f]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD])|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|";
    var others = "| ?[^\\t-\\r\\x85\\p{Z}\\p{L}\\p{N}]+[\\r\\n]*|[\\t-\\r\\x85\\p{Z}]*[\\r\\n]+";
    var spaces = "|[\\t-\\r\\x85\\p{Z}]+(?![^\\t-\\r\\x85\\p{Z}])|[\\t-\\r\\x85\\p{Z}]+";
    var gpt2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\t-\\r\\x85\\p{Z}\\p{L}\\p{N}]+";
    var patterns = [words + "\\p{N}{1,3}" + others + spaces, words + "\\p{N}" + others + spaces, gpt2 + spaces];
    // A byte order mark at the beginning is text like any other.
    var decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    var encoder = new TextEncoder();
    var pieces = decoder.decode(HEAPU8.slice(text, text + size)).match(new RegExp(patterns[pattern], "gu")) || [];
    pieces.forEach(function (piece, i) {
      HEAPU32[(lengths >> 2) + i] = encoder.encode(piece).length;
    });
    return pieces.length;
  },
});
