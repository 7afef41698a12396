"""The tracker process: TraX on one side, the tracker on the other."""
