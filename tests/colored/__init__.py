"""A world of colored objects and a tracker that follows colors: small data of every kind that the
official stacks use, and real answers to it that need no network."""
