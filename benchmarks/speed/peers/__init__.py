"""Other trackers on the same video with the same prompts and weights, each in its own process.

`catalog` lists them, with the reason where one can't run here; `process` starts one and talks to
it; `host` is the other end of that; the rest are the peers: `sam2_predictor` (the installed
package's, and the original SAMURAI's) and `huggingface` (transformers' Sam2Video).
"""
