"""One video: the session, its objects, their memory, and the way in and out of the network."""
