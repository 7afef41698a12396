"""Results of `samurai ablate`: plain numbers, tables, documents and pictures.

Independent of the VOT toolkit, whose results are read into `values` elsewhere.
"""
