# SPDX-License-Identifier: MIT
"""The completions of docs/completions, in real shells."""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from shells import COMPLETIONS, HALE, Bash, Fish, Zsh

TARGETS = {"http://", "grpc://", "tcp://", "unix:/", "exec:", "file:/",
           "notify:"}


def run_hale(*words):
    return subprocess.run([HALE, *words], text=True, capture_output=True,
                          stdin=subprocess.DEVNULL, check=False)


class Generated(unittest.TestCase):
    def test_the_files_are_what_generate_makes_of_this_hale(self):
        with tempfile.TemporaryDirectory() as directory:
            subprocess.run([COMPLETIONS / "generate", HALE, directory],
                           check=True)
            for name in ("hale.bash", "_hale", "hale.fish"):
                self.assertEqual(
                    pathlib.Path(directory, name).read_text(encoding="utf-8"),
                    (COMPLETIONS / name).read_text(encoding="utf-8"),
                    f"run docs/completions/generate ./hale: {name} is old")

    def test_hale_agrees_about_which_options_take_a_value(self):
        text = (COMPLETIONS / "hale.fish").read_text(encoding="utf-8")
        rows = re.findall(r"(?m)^complete -c hale -n __hale_in_options(.*) -d",
                          text)
        self.assertGreater(len(rows), 35)
        for row in rows:
            flag = re.sub(r".* -l ([\w-]+).*| -s (\w).*",
                          lambda match: f"--{match[1]}" if match[1]
                          else f"-{match[2]}", row)
            if flag == "-P":
                continue  # it runs until a signal comes
            with self.subTest(flag):
                needs = "needs a value" in run_hale(flag).stderr
                self.assertEqual(needs, " -x" in row or " -r" in row)


class Cases:
    """What each shell has to offer.  A subclass sets the shell."""

    @classmethod
    def setUpClass(cls):
        cls.shell = cls.kind()
        cls.files = tempfile.TemporaryDirectory(prefix="hale-files.")
        for name in ("report.json", "socket"):
            pathlib.Path(cls.files.name, name).touch()
        os.mkdir(pathlib.Path(cls.files.name, "folder"))

    @classmethod
    def tearDownClass(cls):
        cls.shell.close()
        cls.files.cleanup()

    def offered(self, line):
        """What is offered behind the last = and colon of the last word."""
        line = line.replace("DIR", self.files.name)
        last = re.search(r"[^ ]*$", line)[0]
        prefix = re.match(r"(.*[=:])?", last)[0]
        prefix = re.compile(f"{re.escape(prefix)}|"
                            + re.escape(re.sub(r"^--[\w-]+=", "", prefix)))
        offered = set()
        for word in self.shell.offered(line):
            word = prefix.sub("", word, count=1)
            word = word.replace(self.files.name, "DIR")
            # Some shells offer --name= and folder/.
            offered.add(re.sub(r"^(--.*)=$|^(DIR/.*)/$", r"\1\2", word))
        return offered

    def assert_offers(self, line, *words):
        self.assertEqual(self.offered(line), set(words), line)

    # ---- Options ----

    def test_long_options(self):
        self.assert_offers("hale --fo", "--forward")
        self.assert_offers("hale -v --log-", "--log-level", "--log-format")

    def test_all_options_of_the_help_are_offered(self):
        names = set(re.findall(r"(?m)^  (?:-\w,|   ) (--[\w-]+)",
                               run_hale("--help").stdout))
        self.assertGreater(len(names), 30)
        self.assertEqual(names - self.offered("hale --"), set())

    def test_options_after_options_with_a_value(self):
        self.assert_offers("hale --grace 5s --dr", "--drain")
        self.assert_offers("hale -vp KILL --dr", "--drain")
        self.assert_offers("hale --health tcp://db:5432 --dr", "--drain")
        self.assert_offers("hale --forward=group --dr", "--drain")

    # ---- Values ----

    def test_words(self):
        self.assert_offers("hale --forward ", "child", "group", "all")
        self.assert_offers("hale --forward=g", "group")
        self.assert_offers("hale --log-level ", "error", "warn", "info",
                           "debug")
        self.assert_offers("hale --log-format j", "json")
        self.assert_offers("hale --on-unhealthy s", "stop", "signal:")
        self.assert_offers("hale --status ", "json")

    def test_signals(self):
        self.assert_offers("hale -p US", "USR1", "USR2")
        self.assert_offers("hale -p KI", "KILL")
        self.assert_offers("hale -p SIGKI", "SIGKILL")
        self.assert_offers("hale --stop-signal QU", "QUIT")
        self.assert_offers("hale --stop-signal=QU", "QUIT")
        self.assert_offers("hale --stop-signal no", "none")
        self.assert_offers("hale --stop-signal KI")

    def test_both_signals_of_rewrite(self):
        self.assert_offers("hale -r HU", "HUP:")
        self.assert_offers("hale --rewrite HUP:QU", "QUIT")
        self.assert_offers("hale --rewrite=HUP:no", "none")
        self.assert_offers("hale -r HUP:KI", "KILL")
        self.assert_offers("hale -r KI")

    def test_targets(self):
        for option in ("--health", "--ready", "--wait-for", "--check"):
            self.assert_offers(f"hale {option} ", *TARGETS)
        self.assert_offers("hale --health gr", "grpc://")
        self.assert_offers("hale --health=gr", "grpc://")

    def test_paths_of_targets(self):
        self.assert_offers("hale --health file:DIR/rep", "DIR/report.json")
        self.assert_offers("hale --check unix:DIR/so", "DIR/socket")
        self.assert_offers("hale --health=unix:DIR/so", "DIR/socket")

    def test_paths(self):
        self.assert_offers("hale --exit-report DIR/rep", "DIR/report.json")
        self.assert_offers("hale --install DIR/fo", "DIR/folder")

    def test_nothing_where_nothing_can_be_known(self):
        for option in ("--grace", "--health-retries", "--health-header", "-e"):
            self.assert_offers(f"hale {option} ")

    # ---- What follows the options ----

    def test_targets_and_options_of_check_in_any_order(self):
        self.assert_offers("hale --check tcp://db:5432 --wai", "--wait",
                           "--wait-for", "--wait-timeout")
        self.assert_offers("hale --check --wait 5s tcp://db:5432 gr", "grpc://")
        self.assert_offers("hale --check --live tcp://db:5432 --st",
                           "--started", "--status", "--stop-signal")

    def test_a_command_and_its_files(self):
        for start in ("hale ", "hale -- ", "hale --grace 5s --forward group ",
                      "hale --health tcp://db:5432 --log-level=info -vp KILL "):
            self.assert_offers(f"{start}printen", "printenv")
            self.assert_offers(f"{start}cat DIR/rep", "DIR/report.json")
            self.assert_offers(f"{start}DIR/fo", "DIR/folder")

    def test_the_completion_of_the_command_itself(self):
        self.assert_offers("hale --health tcp://db:5432 -- hale --fo",
                           "--forward")
        self.assert_offers("hale -v hale -r HUP:QU", "QUIT")

    def test_options_of_the_command_are_not_those_of_hale(self):
        self.assertNotIn("--forward", self.offered("hale cat --fo"))
        self.assertNotIn("--forward", self.offered("hale -- cat --fo"))


class InBash(Cases, unittest.TestCase):
    kind = Bash

    def test_tab(self):
        self.assertEqual(self.shell.typed("hale --log-f\tj\t--gra\t8s cat"),
                         ["--log-format", "json", "--grace", "8s", "cat"])
        self.assertEqual(self.shell.typed("hale --health tc\tdb:1"),
                         ["--health", "tcp://db:1"])
        self.assertEqual(self.shell.typed("hale --rewrite=HUP:QU\tcat"),
                         ["--rewrite=HUP:QUIT", "cat"])


class InZsh(Cases, unittest.TestCase):
    kind = Zsh

    def test_tab(self):
        self.assertEqual(self.shell.typed("hale --log-l\twa\tcat"),
                         ["--log-level=warn", "cat"])


class InFish(Cases, unittest.TestCase):
    kind = Fish
