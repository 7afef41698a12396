"""The bundled sequences in the layouts of other benchmarks, as small data sets to try commands on.

Nothing here imports the toolkit.
"""
