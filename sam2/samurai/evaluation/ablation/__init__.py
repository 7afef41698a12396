"""What `samurai ablate` makes of results: plain numbers, tables, documents and pictures.

Nothing here knows the VOT toolkit, whose results are read into `values` elsewhere.
"""
