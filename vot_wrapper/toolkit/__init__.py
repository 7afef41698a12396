"""Everything that needs the VOT toolkit: the only package that imports `vot`.

The toolkit is GPLv3. The tracker process talks TraX to it and never imports this package.
"""
