"""What `samurai ablate` makes of results: plain numbers, tables, documents and pictures.

Nothing here knows the toolkit; `vot_wrapper.toolkit.ablation` reads its results into `values`.
"""
