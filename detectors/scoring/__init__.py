"""How findings get a score: a stated weighing of their features, or what a platform's own verdicts have taught.

A detector declares its features once (:class:`~detectors.scoring.features.Feature`), asks
:func:`detectors.scoring.verdicts.taught` for the ranking that the store's verdicts allow, and gives each finding what
:meth:`~detectors.scoring.ranking.Ranking.judge` says: score, what the score means, and the reasons, which are what
later verdicts are learnt with.
"""
