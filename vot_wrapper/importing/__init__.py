"""Workspaces from sequences in other layouts: folders of images, videos, LaSOT, GOT-10k, OTB, VOT.

`layouts.py` finds sequences and reads them as `Footage`; `build.py` writes them as a workspace.
Nothing here imports the toolkit.
"""
