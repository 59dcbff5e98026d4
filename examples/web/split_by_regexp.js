// A library of Emscripten's: what text_splitter.cpp calls. In the JavaScript of 2015, which is what Emscripten 3.1 parses.
mergeInto(LibraryManager.library, {
  // Writes the length in bytes of each piece of some valid UTF-8; returns how many pieces there are. JavaScript has no
  // (?i:...): letters stand in both cases, and the long s, which is an s where case is ignored, beside them.
  split_by_regexp: function (text, size, lengths) {
    var pattern = new RegExp(
      "'(?:[sS\\u017f]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD])" +
        "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+" +
        "|\\p{N}{1,3}" +
        "| ?[^\\t-\\r\\x85\\p{Z}\\p{L}\\p{N}]+[\\r\\n]*" +
        "|[\\t-\\r\\x85\\p{Z}]*[\\r\\n]+" +
        "|[\\t-\\r\\x85\\p{Z}]+(?![^\\t-\\r\\x85\\p{Z}])" +
        "|[\\t-\\r\\x85\\p{Z}]+",
      "gu"
    );
    // A byte order mark at the beginning is text like any other.
    var decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    var encoder = new TextEncoder();
    var pieces = decoder.decode(HEAPU8.slice(text, text + size)).match(pattern) || [];
    pieces.forEach(function (piece, i) {
      HEAPU32[(lengths >> 2) + i] = encoder.encode(piece).length;
    });
    return pieces.length;
  },
});
