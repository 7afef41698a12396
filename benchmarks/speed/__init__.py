"""Speed of the tracker, part by part and as a whole, beside its peers.

    python -m benchmarks.speed                      # a plan for this machine: `make bench`
    python -m benchmarks.speed --device cuda        # on a GPU: `make bench DEVICE=cuda`
    python -m benchmarks.speed --models nano --objects 1 4 --frames 40 --no-peers
    python -m benchmarks.speed memory --frames 10000
    python -m benchmarks.speed show RESULT.json ...

End to end means: a TraX client here, the tracker's own process there, back to back. Runs of the
contestants are interleaved (A B A B ...), each in its own process, on the same JPEG files with the
same prompts and weights; ratios are taken per round. The parts of a frame come from a separate run,
in which the spans of the tracker and its server go to torch's profiler; the end-to-end runs record
nothing.
"""
