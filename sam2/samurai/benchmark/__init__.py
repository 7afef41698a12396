"""`samurai benchmark`: runs trackers on data sets, scores results, packs them for servers."""
