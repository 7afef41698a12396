"""A world of coloured objects and a tracker that follows colours: small data of every kind that the
official stacks use, and real answers to it that need no network."""
