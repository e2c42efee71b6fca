"""The `nnlec` command, also as `python -m nnlec`."""

import gc

from nnlec.late_patterns import patterns_later


def main() -> None:
    """Runs the command line, so that it starts and ends soon."""
    # What a command imports stays: the collector, left alone, would look through it again and again, and at the end.
    gc.set_threshold(50_000)
    try:
        with patterns_later("platform", "yaml"):
            from nnlec.cli import main as command_line

            command_line()
    finally:
        gc.freeze()


if __name__ == "__main__":
    main()
