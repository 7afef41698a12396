"""`samurai benchmark pack`: the archive for a data set's server."""

from __future__ import annotations

import argparse
from pathlib import Path

from samurai.cli.benchmark.score import add_data_arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the action's arguments."""
    add_data_arguments(parser)
    parser.add_argument(
        "results", nargs="?", type=Path, metavar="RESULTS", help="folder of a tracker's results"
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="ZIP", help="the archive (default: TRACKER-NAME.zip)"
    )
    parser.add_argument(
        "--box",
        choices=("pixels", "samurai"),
        default="pixels",
        help="how our own boxes count pixels (default: pixels)",
    )
    parser.add_argument(
        "--check", type=Path, metavar="ZIP", help="only check an archive that is there"
    )


def run(parsed: argparse.Namespace) -> int:
    """Pack or check; 1 if an archive would be refused.

    Raises:
        DatasetError: the results aren't complete, or a server would refuse them.
        ConfigurationError: the data set has no server, or no results are named.
    """
    from samurai import datasets
    from samurai.benchmark import packing
    from samurai.benchmark.find_results import find_results
    from samurai.benchmark.scores import BoxConvention
    from samurai.benchmark.scoring import chosen_sequences
    from samurai.errors import ConfigurationError

    dataset = datasets.dataset(parsed.dataset)
    if dataset.submission is None:
        takers = ", ".join(each.name for each in datasets.DATASETS.values() if each.submission)
        raise ConfigurationError(
            f"{dataset.title} has no server that scores: use `samurai benchmark score`. Archives "
            f"are made for {takers}"
        )
    sequences = chosen_sequences(dataset, dataset.read(parsed.root.expanduser(), False))
    if parsed.check is not None:
        faults = packing.check(dataset, sequences, parsed.check)
        print("\n".join(faults) or f"{parsed.check}: complete, {len(sequences)} sequences")
        return 1 if faults else 0
    if parsed.results is None:
        raise ConfigurationError("name the folder of results to pack, or --check ZIP")
    found = find_results(dataset, [each.name for each in sequences], [parsed.results])
    if len(found) > 1:
        names = ", ".join(str(each.folder) for each in found)
        raise ConfigurationError(f"{parsed.results} has several trackers: name one of {names}")
    results = found[0]
    box: BoxConvention = parsed.box if parsed.box in results.conventions else "as given"
    archive = parsed.output or Path(f"{results.folder.resolve().name}-{dataset.name}.zip")
    count = packing.pack(dataset, sequences, results, archive, box)
    print(f"{archive}: {count} files of {len(sequences)} sequences, checked; for its server see")
    print(dataset.home)
    return 0
