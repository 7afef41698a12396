"""Training of nano, the bundled model: pictures, clips, losses, schedule, evaluation, export.

`python -m samurai_training --help` lists the steps. Runs in a clone, after `make setup`.
"""
