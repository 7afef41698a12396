"""Other trackers over the same film with the same prompts and weights, each in its own process.

`catalogue` says which there are and why one can't run here; `process` starts one and talks to it;
`host` is the other end of that; the rest are the peers: `installed` (the `sam2` package),
`reference` (the original SAMURAI's loop), `huggingface` (transformers' Sam2Video).
"""
