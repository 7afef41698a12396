"""The version of this project; setup.cfg and `samurai --version` read it here."""

__version__ = "0.1.0"
