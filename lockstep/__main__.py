"""``python -m lockstep`` and the ``lockstep`` command."""

import sys

from lockstep.cli import main as _main


class _NoPandas:
    """Answers that there is no pandas, for a process that has no use for it.

    Arrow imports pandas, where it is installed, only to ask whether what it is given is pandas'.
    """

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:  # noqa: ARG004 - as importlib calls it
        if name == "pandas":
            raise ModuleNotFoundError(name, name=name)


def main() -> None:
    """Run the command line."""
    if sys.argv[1:2] == ["network"]:
        sys.meta_path.insert(0, _NoPandas)
    _main()


if __name__ == "__main__":
    main()
