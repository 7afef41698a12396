"""`samurai benchmark`, a file per action; `actions.py` has the list.

The list isn't here, because the module `run` would replace a function of that name.
"""
