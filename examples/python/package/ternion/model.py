"""Language models with ternary weights."""

from __future__ import annotations

import codecs
import operator
import os
from typing import Iterable, Iterator, List, Literal, Optional, Union, overload

import numpy as np
from numpy.typing import NDArray

from ternion import _ternion, arguments
from ternion.arguments import integer, number


class Model:
    """A model that is ready to compute: weights, tokenizer and threads. Made by Model.from_pretrained.

    It is read-only, and any number of Python's threads may use it at once. Computing holds no interpreter's lock, and
    Ctrl-C ends it with KeyboardInterrupt. In a process that was forked after the model was loaded it raises
    RuntimeError: load it there, or use multiprocessing's method 'spawn'.
    """

    def __init__(self, loaded: _ternion.Model) -> None:
        if not isinstance(loaded, _ternion.Model):
            raise TypeError("Model: models are made by ternion.Model.from_pretrained(path)")
        self._loaded = loaded

    @classmethod
    def from_pretrained(
        cls,
        path: Union[str, "os.PathLike[str]"],
        *,
        threads: int = 0,
        context: int = 0,
        kv_type: str = "f16",
        activations: str = "auto",
        isa: str = "",
    ) -> Model:
        """Loads a GGUF file, a Hugging Face folder or a model.safetensors in one, told apart by what they hold.

        threads: that compute; 0 takes as many as this process may use. context: the longest sequence in tokens; 0
        takes the model's own. kv_type: numbers of the KV cache, f32, f16, i8, i4 or i3. activations: what inputs of
        ternary layers are rounded to, auto, int8, int8-64, int8-128 or float. isa: one of ternion.isas(), or the best.
        RuntimeError for a file that can't be read or holds something else, ValueError for other options. Nothing is
        downloaded.
        """
        threads = integer(threads, "from_pretrained: threads", 0, 1024)
        context = integer(context, "from_pretrained: context", 0, 2**63 - 1)
        names = [
            arguments.text(name, f"from_pretrained: {what}")
            for name, what in ((kv_type, "kv_type"), (activations, "activations"), (isa, "isa"))
        ]
        return cls(_ternion.load_model(os.fsencode(path), threads, context, *names))

    @property
    def name(self) -> str:
        """The file that it was loaded from."""
        return os.fsdecode(self._loaded.name)

    @property
    def context(self) -> int:
        """How many tokens a sequence may have."""
        return self._loaded.context

    @property
    def vocabulary_size(self) -> int:
        """Token ids are below this; the tokenizer may know fewer."""
        return self._loaded.vocabulary_size

    @property
    def threads(self) -> int:
        """Threads that compute."""
        return self._loaded.threads

    @property
    def isa(self) -> str:
        """The instruction set that computes."""
        return self._loaded.isa

    def tokenize(self, text: str, *, special: bool = False) -> List[int]:
        """The ids of a text as a prompt: behind BOS, where the model wants one.

        special: names of special tokens, such as <|eot_id|>, become these tokens; otherwise they are text.
        """
        return self._loaded.tokenize(arguments.text(text, "tokenize: text").encode("utf-8"), bool(special))

    def detokenize(self, ids: Iterable[int], *, special: bool = False) -> str:
        """The text of token ids. Bytes that are no UTF-8 become U+FFFD.

        special: with the names of special tokens; otherwise these are left out, so that detokenize(tokenize(text)) is
        text again. ValueError for an id that is none.
        """
        return self._loaded.detokenize(self._ids(ids, "detokenize"), bool(special)).decode("utf-8", "replace")

    def logits(self, ids: Iterable[int], *, first: int = 0) -> NDArray[np.float32]:
        """Logits, float32 [tokens, vocabulary_size]: row i is what may follow the tokens up to the i-th.

        first: of the tokens from this one on only, and -1 of the last one alone, which saves memory. The ids are taken
        as they are, without BOS in front. ValueError for no tokens, ids that are none and another first, RuntimeError
        for more tokens than the context.
        """
        tokens = self._ids(ids, "logits")
        first = integer(first, "logits: first", -(2**63), 2**63 - 1)
        begin = first + (len(tokens) if first < 0 else 0)
        if not 0 <= begin < len(tokens):
            raise ValueError(f"logits: expected tokens, and first among them, found {len(tokens)} and first={first}")
        return self._loaded.logits(tokens, begin)

    @overload
    def generate(
        self,
        prompt: Union[str, Iterable[int]],
        max_new_tokens: Optional[int] = ...,
        temperature: float = ...,
        stream: Literal[True] = ...,
        *,
        top_k: int = ...,
        top_p: float = ...,
        min_p: float = ...,
        repeat_penalty: float = ...,
        seed: int = ...,
    ) -> Iterator[str]: ...

    @overload
    def generate(
        self,
        prompt: Union[str, Iterable[int]],
        max_new_tokens: Optional[int] = ...,
        temperature: float = ...,
        *,
        stream: Literal[False],
        top_k: int = ...,
        top_p: float = ...,
        min_p: float = ...,
        repeat_penalty: float = ...,
        seed: int = ...,
    ) -> str: ...

    def generate(
        self,
        prompt: Union[str, Iterable[int]],
        max_new_tokens: Optional[int] = 16,
        temperature: float = 0.0,
        stream: bool = True,
        *,
        top_k: int = 40,
        top_p: float = 0.95,
        min_p: float = 0.05,
        repeat_penalty: float = 1.0,
        seed: int = 0,
    ) -> Union[Iterator[str], str]:
        """What follows a prompt: an iterator of strings, one a token or so, or with stream=False one string.

        prompt: a text, which is read behind BOS, or token ids just as they are. It is read at once; each further token
        is computed when the iterator is asked for it, and dropping the iterator ends the generation. Characters come
        whole. max_new_tokens: None goes on until the model stops or its context is full. temperature: 0 takes the
        likeliest token; above 0 the others say how tokens are drawn, with llama.cpp's names and meanings, and the same
        seed gives the same text. ValueError for options out of range, RuntimeError for a prompt that doesn't fit.
        """
        ids = self.tokenize(prompt) if isinstance(prompt, str) else self._ids(prompt, "generate: prompt")
        limit = -1
        if max_new_tokens is not None:
            limit = integer(max_new_tokens, "generate: max_new_tokens", 0, 2**31 - 1)
        top_k = integer(top_k, "generate: top_k", 0, 2**31 - 1)
        seed = integer(seed, "generate: seed", 0, 2**64 - 1)
        temperature = number(temperature, "generate: temperature")
        top_p, min_p = number(top_p, "generate: top_p"), number(min_p, "generate: min_p")
        repeat_penalty = number(repeat_penalty, "generate: repeat_penalty")
        generation = self._loaded.start(ids, limit, temperature, top_k, top_p, min_p, repeat_penalty, seed)
        pieces = _characters(generation)
        return pieces if stream else "".join(pieces)

    def _ids(self, ids: Iterable[int], function: str) -> List[int]:
        if isinstance(ids, (str, bytes)):
            raise TypeError(f"{function}: expected token ids, found {type(ids).__name__}")
        try:
            tokens = [operator.index(token) for token in ids]
        except TypeError as error:
            raise TypeError(f"{function}: expected token ids, found {repr(ids)[:100]}") from error
        wrong = next((token for token in tokens if not 0 <= token < self.vocabulary_size), None)
        if wrong is not None:
            raise ValueError(f"{function}: expected token ids from 0 to {self.vocabulary_size - 1}, found {wrong}")
        return tokens

    def __repr__(self) -> str:
        return f"<ternion.Model {self.name}, context {self.context}, vocabulary {self.vocabulary_size}>"


def _characters(generation: _ternion.Generation) -> Iterator[str]:
    """Whole characters of the bytes that tokens bring."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    while True:
        piece = generation.next()
        text = decoder.decode(piece or b"", final=piece is None)
        if text:
            yield text
        if piece is None:
            return
