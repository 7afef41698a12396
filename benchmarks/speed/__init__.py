"""How fast the tracker is, part by part and as a whole, beside its peers.

    python -m benchmarks.speed                      # what suits this machine: `make bench`
    python -m benchmarks.speed --device cuda        # on a GPU: `make bench DEVICE=cuda`
    python -m benchmarks.speed --models nano --objects 1 4 --frames 40 --no-peers
    python -m benchmarks.speed memory --frames 10000
    python -m benchmarks.speed page RESULT.json ... --output page.html

End to end means: a TraX client here, the tracker's own process there, back to back. Contestants run
in turns (A B A B ...), each in a process of its own, over the same JPEG files with the same prompts
and weights; ratios are taken per round. Parts of a frame are timed in runs of their own, in which
`patches` wraps the tracker's functions, so that the tracker itself carries no clock and the
end-to-end runs none of ours.
"""
