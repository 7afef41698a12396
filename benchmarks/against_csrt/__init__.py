"""samurai beside OpenCV's CSRT, the best classical tracker that is easy to install.

    python -m benchmarks.against_csrt overlap FOLDER   # real sequences in the layout of VOT
    python -m benchmarks.against_csrt speed            # frames per second at 640 x 480

samurai runs in the VOT toolkit (unsupervised experiment, initial box), CSRT in a process and an
environment of its own: only opencv-contrib-python-headless 4.x has it, which conflicts with the
    OpenCV that the toolkit requires.
"""
