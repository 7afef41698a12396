"""How the modules of SAM 2.1 are run: traced on a CPU, folded, compiled or recorded on a GPU."""
