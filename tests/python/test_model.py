"""Models: equal to the C++ program's results by ==."""

import os
import pathlib
import signal
import tempfile
import threading
import unittest

import numpy as np
import ternion
from fixture import SMALL_MODEL, SOURCE, TINY_MODEL, program


class Small(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.model = ternion.Model.from_pretrained(SMALL_MODEL, threads=2)

    def test_what_it_says_of_itself(self):
        self.assertEqual(self.model.name, str(SMALL_MODEL))
        self.assertEqual((self.model.context, self.model.vocabulary_size, self.model.threads), (512, 465, 2))
        self.assertTrue(self.model.isa)
        self.assertIn("small.gguf", repr(self.model))

    def test_tokens_are_the_program_s(self):
        for text in ("What is 1 + 1?", "a\tb  c", "Grüße, 世界 🦙", "<|eot_id|>"):
            for special, option in ((True, "--special"), (False, "--no-special")):
                ids = self.model.tokenize(text, special=special)
                said = program("tokenize", "-m", SMALL_MODEL, option, text=text)
                self.assertEqual(" ".join(map(str, ids)), said.strip())

    def test_text_comes_back(self):
        for text in ("What is 1 + 1?", "  two  spaces ", "Grüße, 世界 🦙\n", "", "\0"):
            ids = self.model.tokenize(text)
            self.assertEqual(self.model.detokenize(ids), text)
            self.assertEqual(self.model.detokenize(np.array(ids, np.int64)), text)
        named = self.model.tokenize("<|eot_id|>", special=True)
        self.assertIn("<|eot_id|>", self.model.detokenize(named, special=True))
        self.assertEqual(self.model.detokenize(named), "")

    def test_greedy_text_is_the_program_s(self):
        for prompt in ("What is 123 + 45?", "Write 25 in balanced ternary", "The "):
            for limit in (1, 9, 60):
                expected = program("complete", "-m", SMALL_MODEL, "-p", prompt, "-n", limit, "--temp", "0")
                self.assertEqual(self.model.generate(prompt, max_new_tokens=limit, stream=False), expected)
                pieces = list(self.model.generate(prompt, limit, 0.0, True))
                self.assertEqual("".join(pieces), expected)
                self.assertEqual("".join(self.model.generate(self.model.tokenize(prompt), limit)), expected)
        self.assertGreater(len(pieces), 10)

    def test_answers(self):
        # The turns of the model's chat template, whose special tokens have names.
        ids = self.model.tokenize("User: What is 123 + 45?<|eot_id|>Assistant: ", special=True)
        self.assertTrue(self.model.generate(ids, 60, stream=False).endswith("so 168"))

    def test_drawn_text_is_the_program_s(self):
        options = dict(temperature=1.3, top_k=0, top_p=0.9, min_p=0.01, repeat_penalty=1.1, seed=7)
        expected = program("complete", "-m", SMALL_MODEL, "-p", "Sort", "-n", "30", "--temp", "1.3", "--top-k", "0",
                           "--top-p", "0.9", "--min-p", "0.01", "--repeat-penalty", "1.1", "--seed", "7")
        self.assertEqual(self.model.generate("Sort", 30, stream=False, **options), expected)
        options["seed"] = 8
        self.assertNotEqual(self.model.generate("Sort", 30, stream=False, **options), expected)

    def test_characters_come_whole(self):
        # At such a temperature this model writes halves of characters. What becomes one isn't cut, and what can't is a
        # replacement character, in a stream as in the program's text as a whole.
        options = ("-n", "60", "--temp", "1e6", "--top-k", "0", "--top-p", "1", "--min-p", "0")
        whole, broken = 0, 0
        for seed in range(30):
            expected = program("complete", "-m", SMALL_MODEL, "-p", "The ", *options, "--seed", seed)
            pieces = self.model.generate("The ", 60, 1e6, top_k=0, top_p=1, min_p=0, seed=seed)
            text = "".join(piece for piece in pieces if piece.encode())
            self.assertEqual(text, expected)
            broken += text.count("\ufffd")
            whole += sum(ord(character) > 127 for character in text.replace("\ufffd", ""))
        self.assertGreater(broken, 0)
        self.assertGreater(whole, 0)

    def test_limits(self):
        self.assertEqual(self.model.generate("What is 1 + 1?", 0, stream=False), "")
        self.assertEqual(list(self.model.generate("What is 1 + 1?", 0)), [])
        stops = self.model.generate("What is 123 + 45?", None, stream=False)
        self.assertEqual(stops, self.model.generate("What is 123 + 45?", 400, stream=False))
        stream = self.model.generate("What is 123 + 45?", 100)
        self.assertTrue(next(stream))
        stream.close()
        self.assertEqual(list(stream), [])

    def test_a_full_context(self):
        for room in (1, 2, 7):
            ids = [1] * (self.model.context - room)
            prompt = self.model.detokenize(ids)
            self.assertEqual(len(self.model.tokenize(prompt)), len(ids) + 1)  # BOS
            expected = program("complete", "-m", SMALL_MODEL, "-p", prompt, "-n", "-1", "--temp", "9", "--seed", "1")
            self.assertEqual(self.model.generate(prompt, None, 9.0, seed=1, stream=False), expected)
            self.assertEqual(self.model.generate(prompt, 1000, 9.0, seed=1, stream=False), expected)

    def test_many_threads_get_what_each_gets_alone(self):
        prompts = [f"What is {i} + {i + 5}?" for i in range(6)]
        alone = [self.model.generate(prompt, 20, stream=False) for prompt in prompts]
        together = [None] * len(prompts)

        def work(i):
            together[i] = "".join(self.model.generate(prompts[i], 20))

        threads = [threading.Thread(target=work, args=(i,)) for i in range(len(prompts))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(together, alone)

    def test_one_stream_is_for_one_thread_at_a_time(self):
        stream = self.model.generate("What is 1 + 1?", 400, 100.0, seed=1)
        failures = []

        def drain():
            try:
                for _ in stream:
                    pass
            except ValueError as error:
                failures.append(str(error))

        threads = [threading.Thread(target=drain) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertTrue(all("already executing" in failure for failure in failures))


class Logits(unittest.TestCase):
    def test_they_are_the_program_s(self):
        model = ternion.Model.from_pretrained(TINY_MODEL, threads=1)
        ids = [1, 5, 9, 2, 30, 7]
        with tempfile.TemporaryDirectory() as folder:
            output = pathlib.Path(folder) / "logits"
            program("logits", "-m", TINY_MODEL, "--tokens", ",".join(map(str, ids)), "--output", output)
            expected = np.fromfile(output, "<f4").reshape(len(ids), -1)
        found = model.logits(ids)
        self.assertEqual((found.dtype, found.shape), (np.float32, (len(ids), model.vocabulary_size)))
        self.assertTrue((found == expected).all())
        self.assertTrue((model.logits(np.array(ids), first=2) == expected[2:]).all())
        # The head of one token alone adds its floats in another order.
        np.testing.assert_allclose(model.logits(ids, first=-1), expected[-1:], rtol=0, atol=1e-5)

    def test_greedy_text_takes_the_largest(self):
        model = ternion.Model.from_pretrained(SMALL_MODEL)
        ids = model.tokenize("What is 12 + 30?")
        expected = model.generate(ids, 1, stream=False)
        self.assertEqual(model.detokenize([int(model.logits(ids, first=-1)[0].argmax())]), expected)


class BadInput(unittest.TestCase):
    def refused(self, kind, words, call, *arguments, **named):
        with self.assertRaises(kind) as caught:
            call(*arguments, **named)
        self.assertIn(words, str(caught.exception))
        self.assertNotIn("\n", str(caught.exception))

    def test_files(self):
        load = ternion.Model.from_pretrained
        self.refused(RuntimeError, "no-such", load, "no-such.gguf")
        self.refused(RuntimeError, "\\xff", load, b"no-such-\xff".decode("utf-8", "surrogateescape"))
        self.refused(RuntimeError, "README.md", load, SOURCE / "README.md")
        self.refused(RuntimeError, "cannot be opened", load, "")
        self.refused(TypeError, "", load, 3)
        self.refused(TypeError, "Model.from_pretrained", ternion.Model, "path")
        self.refused(TypeError, "threads: expected an int, found float", load, SMALL_MODEL, threads=1.5)
        self.refused(TypeError, "isa: expected a str, found int", load, SMALL_MODEL, isa=3)
        self.refused(ValueError, "context", load, SMALL_MODEL, context=2**64)
        self.refused(ValueError, "threads", load, SMALL_MODEL, threads=-1)
        self.refused(ValueError, "threads", load, SMALL_MODEL, threads=10**5)
        self.refused(ValueError, "kv_type: expected one of f32, f16, i8, i4, i3, found f8", load, SMALL_MODEL,
                     kv_type="f8")
        self.refused(ValueError, "activations: expected one of auto", load, SMALL_MODEL, activations="int9")
        self.refused(ValueError, "instruction set", load, SMALL_MODEL, isa="mmx")
        self.refused(RuntimeError, "context", load, SMALL_MODEL, context=10**6)

    def test_text_and_tokens(self):
        model = ternion.Model.from_pretrained(SMALL_MODEL, threads=1, context=64)
        self.refused(TypeError, "tokenize: text: expected a str, found bytes", model.tokenize, b"abc")
        self.refused(UnicodeEncodeError, "surrogates", model.tokenize, "\ud800")
        self.refused(ValueError, "from 0 to 464, found 465", model.logits, [465])
        self.refused(ValueError, "found -1", model.detokenize, [-1])
        self.refused(ValueError, "found 99999999999999999999", model.detokenize, [99999999999999999999])
        self.refused(TypeError, "logits: expected token ids, found [1.5]", model.logits, [1.5])
        self.refused(TypeError, "expected token ids, found str", model.logits, "12")
        self.refused(ValueError, "expected tokens", model.logits, [])
        self.refused(ValueError, "first=3", model.logits, [1, 2, 3], first=3)
        self.refused(ValueError, "first=-4", model.logits, [1, 2, 3], first=-4)
        self.refused(RuntimeError, "64", model.logits, [1] * 65)
        self.refused(RuntimeError, "64", model.generate, [1] * 65)
        self.refused(ValueError, "expected a prompt", model.generate, [])
        self.refused(ValueError, "max_new_tokens: expected 0", model.generate, "a", -1)
        self.refused(TypeError, "max_new_tokens: expected an int, found float", model.generate, "a", 1.5)
        self.refused(TypeError, "prompt: expected token ids, found 5", model.generate, 5)
        self.refused(TypeError, "temperature: expected a number, found 'hot'", model.generate, "a", temperature="hot")
        self.refused(ValueError, "temperature", model.generate, "a", temperature=-1.0)
        self.refused(ValueError, "temperature", model.generate, "a", temperature=float("nan"))
        self.refused(ValueError, "top", model.generate, "a", top_p=2.0)
        self.refused(ValueError, "seed", model.generate, "a", seed=-1)
        self.refused(ValueError, "top_k", model.generate, "a", top_k=-1)
        self.refused(ValueError, "top_k", model.generate, "a", top_k=2**40)


class Interrupts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        path = pathlib.Path(cls.folder.name) / "slow.gguf"
        program("synth", "--size", "125M", "--layers", "4", "--output", path)
        cls.model = ternion.Model.from_pretrained(path, threads=1)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def handlers_run(self, call):
        """How often a timer's handler ran while call() was computing."""
        rung = []
        before = signal.signal(signal.SIGALRM, lambda *_: rung.append(1))
        signal.setitimer(signal.ITIMER_REAL, 0.005, 0.005)
        try:
            call()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        return len(rung)

    def test_handlers_run_within_one_computation(self):
        # Python itself would run them once, after it, however many signals came.
        self.assertGreater(self.handlers_run(lambda: self.model._loaded.logits([1] * 1500, 0)), 2)
        self.assertGreater(self.handlers_run(lambda: self.model._loaded.start([1] * 1500, 1, 0, 0, 1, 0, 1, 0)), 2)

    def test_ctrl_c_ends_a_computation(self):
        calls = (
            lambda: self.model.logits([1] * 2000),
            lambda: self.model.generate([1] * 2000, 1),
            lambda: self.model.generate([1], 2000, stream=False),
        )
        for call in calls:
            timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
            timer.start()
            with self.assertRaises(KeyboardInterrupt):
                while True:
                    call()
            timer.join()
        self.assertEqual(self.model.logits([1, 2]).shape, (2, self.model.vocabulary_size))

    def test_ctrl_c_ends_loading(self):
        def load_forever():
            while True:
                ternion.Model.from_pretrained(self.model.name, threads=1)

        timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        with self.assertRaises(KeyboardInterrupt):
            load_forever()
        timer.join()


if __name__ == "__main__":
    unittest.main()
