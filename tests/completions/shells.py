# SPDX-License-Identifier: MIT
"""Real shells that complete a line: bash and zsh on a terminal, and fish.

Each has one function for the tests, offered(line): which words the shell offers
for the last one of the line, in any order.
"""
import os
import pathlib
import re
import shlex
import subprocess
import tempfile

import pexpect

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMPLETIONS = ROOT / "docs" / "completions"
HALE = pathlib.Path(os.environ.get("HALE_BIN", ROOT / "hale")).resolve()
PATIENCE = int(os.environ.get("PATIENCE", "60"))  # seconds


def environment(home):
    """Nothing of this user's own settings."""
    return {"HOME": home, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TERM": "dumb",
            "PATH": f"{HALE.parent}:/usr/local/bin:/usr/bin:/bin"}


class Terminal:
    """An interactive shell that runs on a terminal until close()."""

    command = []
    setup = []
    insert = ""  # the keys that insert all words that are offered

    def __init__(self):
        # pylint: disable-next=consider-using-with
        self.home = tempfile.TemporaryDirectory(prefix="hale-completion.")
        self.child = pexpect.spawn(
            self.command[0], self.command[1:], encoding="utf-8",
            env=environment(self.home.name), cwd=self.home.name,
            dimensions=(50, 4000), timeout=PATIENCE, echo=False)
        for line in self.setup:
            self.child.sendline(line)
        self.send("echo rea''dy\r", "ready")

    def close(self):
        self.child.close(force=True)
        self.home.cleanup()

    def send(self, keys, pattern):
        self.child.send(keys)
        self.child.expect(pattern)
        return self.child.match

    def typed(self, keys):
        """The words of the command line that these keys make.  hale is a
        function here, which prints what it is run with."""
        match = self.send(keys + "\r", r"BEGIN(.*)END\r")
        return match[1].split("\x1f")[1:]

    def offered(self, line):
        before = self.typed(line)
        words = self.typed(line + self.insert)
        # What was typed has not changed if nothing is offered.
        if words == before:
            return []
        return words[len(before) if line.endswith(" ") else len(before) - 1:]


PRINT = ("hale() { printf BEG''IN; printf '\\037%s' \"$@\"; echo EN''D; }; "
         "PS1=''; PS2=''")


class Bash(Terminal):
    command = ["bash", "--norc", "--noprofile", "-i"]
    setup = ["bind 'set enable-bracketed-paste off'",
             "bind 'set bell-style none'",
             "source /usr/share/bash-completion/bash_completion",
             f"source {COMPLETIONS}/hale.bash", PRINT]
    insert = "\x1b*"


class Zsh(Terminal):
    command = ["zsh", "-f", "-i"]
    setup = ["unsetopt zle_bracketed_paste beep prompt_cr 2>/dev/null; "
             "unset zle_bracketed_paste",
             f"fpath=({COMPLETIONS} $fpath)",
             "autoload -Uz compinit && compinit -u -D",
             "zle -C all-matches complete-word _generic",
             "bindkey '^Xa' all-matches",
             "zstyle ':completion:all-matches::::' completer "
             "_all_matches _complete",
             "zstyle ':completion:all-matches:*' insert true",
             PRINT]
    insert = "\x18a"


class Fish:
    """fish lists what it offers by itself."""

    def close(self):
        pass

    def offered(self, line):
        with tempfile.TemporaryDirectory(prefix="hale-completion.") as home:
            result = subprocess.run(
                ["fish", "--no-config", "-c",
                 f"source {COMPLETIONS}/hale.fish; "
                 f"complete -C {shlex.quote(line)}"],
                env=environment(home), cwd=home, text=True, timeout=PATIENCE,
                capture_output=True, check=True)
        if result.stderr:
            raise AssertionError(result.stderr)
        return [re.sub(r"\t.*", "", word)
                for word in result.stdout.splitlines()]
