"""Questions put to the detectors: one module each, with ``results(data, *, quick)``."""
