# SPDX-License-Identifier: MIT
"""names: what hale is under each of them, however the name was made."""
import os
import shutil
import signal
import tempfile
import unittest

from both import PROGRAM, HALE, Init, code, end_all_others, run

# name: usage error, not found, not run, how --version begins, on which stream
NAMES = {
    "hale": (125, 127, 126, "hale ", "out"),
    "tini": (1, 127, 126, "tini version ", "out"),
    "tini-static": (1, 127, 126, "tini version ", "out"),
    "docker-init": (1, 127, 126, "tini version ", "out"),
    "catatonit": (1, 1, 1, "tini version ", "out"),
    "podman-init": (1, 1, 1, "tini version ", "out"),
    "dumb-init": (1, 2, 2, "dumb-init v", "err"),
    "other": (125, 127, 126, "hale ", "out"),
}
WAYS = {"link": os.symlink, "hard": os.link, "copy": shutil.copy}


class Names(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix="names.")
        cls.addClassCleanup(shutil.rmtree, cls.directory)
        for way, make in WAYS.items():
            os.mkdir(os.path.join(cls.directory, way))
            for name in NAMES:
                make(HALE, os.path.join(cls.directory, way, name))

    def tearDown(self):
        end_all_others()

    def each(self):
        """Every name in every way, and what is expected of it."""
        return [(os.path.join(self.directory, way, name), expected)
                for way in WAYS for name, expected in NAMES.items()]

    def test_each_has_its_own_exit_codes(self):
        for path, (usage, not_found, not_run, *_) in self.each():
            with self.subTest(path=path):
                self.assertEqual(code(path), usage)
                self.assertEqual(code(path, "-Z", "true"), usage)
                self.assertEqual(code(path, "--", "/no/such"), not_found)
                self.assertEqual(code(path, "--", "/"), not_run)
                self.assertEqual(code(path, "--", PROGRAM, "exit", "9"), 9)

    def test_each_has_its_own_version_line(self):
        for path, (*_, begins, stream) in self.each():
            with self.subTest(path=path):
                for option in "--version", "-V":
                    number, *texts = run(path, option)
                    if stream == "err":
                        texts.reverse()
                    self.assertEqual(number, 0)
                    # A build between two releases names its commit.
                    self.assertRegex(texts[0], f"^{begins}[0-9]+[.][0-9.]+"
                                     "( - git[.][0-9a-f]+(-dirty)?)?\n$")
                    self.assertEqual(texts[1], "")

    def test_the_name_alone_makes_a_session(self):
        for path, _ in self.each():
            with self.subTest(path=path):
                with Init(path, "--", PROGRAM, "wait", pid1=False) as init:
                    pid = init.ready()
                    self.assertEqual(os.getsid(pid) == pid,
                                     os.path.basename(path) == "dumb-init")

    def test_each_has_the_options_of_all(self):
        for path, _ in self.each():
            with self.subTest(path=path):
                number, *texts = run(path, "-gswvve3", "-pTERM", "-r15:2", "-c",
                                     "--", PROGRAM, "exit", "3")
                self.assertEqual((number, texts[0]), (0, ""))
                self.assertEqual(code(path, "-L"), 0)
                self.assertEqual(code(path, "-h"), 0)

    def test_each_only_reaps_with_pause(self):
        for path, _ in self.each():
            with self.subTest(path=path):
                with Init(path, "-P") as init:
                    init.settled()
                    init.send(signal.SIGTERM)
                    self.assertEqual(init.end(), 0)

    def test_a_signal_from_before_the_start_is_not_lost(self):
        """The peers may lose it: tini -g and dumb-init most of the time."""
        def prepare():
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
            os.kill(os.getpid(), signal.SIGTERM)
        for path, _ in self.each():
            with self.subTest(path=path):
                with Init(path, "-g", "--", PROGRAM, "catch", "1", "4",
                          prepare=prepare) as init:
                    self.assertEqual(init.line(), "ready")
                    self.assertEqual((init.line(), init.end()), ("15", 4))


if __name__ == "__main__":
    unittest.main()
