"""What a further object costs: time per frame for several objects in one session.

    python -m benchmarks.objects                         # nano, on this machine's device
    python -m benchmarks.objects --models tiny --random  # an official architecture, random weights

Weights don't matter for time, so that random ones stand in for files that aren't there; the
numbers say so.
"""
