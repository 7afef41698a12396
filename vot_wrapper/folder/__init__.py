"""The folder protocol of the VOT toolkit: a folder of queries in, a folder of trajectories out."""
