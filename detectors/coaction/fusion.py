"""One p-value for a pair of accounts from the p-values of several layers that depend on each other.

The same posts make co_ticker and co_link, so layers are not independent, and Fisher’s method alone would count a
meeting several times. Two combinations that allow for it:

*Cauchy* (Liu and Xie, 2020): p = ½ − atan(mean tan((½ − p_l) π)) / π. For small p its
tail holds whatever the dependence.

*Brown* (1975): Fisher's statistic X = −2 Σ ln p_l has mean 2L and variance 4L + 2 Σ_{l<m} cov(−2 ln p_l, −2 ln p_m);
p = P(c χ²_f ≥ X) with c = var / 2E and f = 2E² / var. Covariances are taken from datasets drawn under the null, where
Kost and McDermott (2002) assume normal ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
TINY = 1e-300


def cauchy(p: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> Floats:
    """Combined p-values by the Cauchy combination.

    Parameters
    ----------
    p : array, shape (n_pairs, n_layers)
        p-values in (0, 1]; 1 where a pair did not meet in a layer.
    weights : array, shape (n_layers,), optional
        Finite, non-negative, not all 0; equal by default.

    Returns
    -------
    ndarray of float64, shape (n_pairs,)

    Raises
    ------
    ValueError
        p-values outside [0, 1], or weights that are none.
    """
    chances = _checked(p)
    share = np.ones(chances.shape[1]) if weights is None else np.asarray(weights, float)
    if share.shape != chances.shape[1:] or (share < 0).any() or not 0 < share.sum() < np.inf:
        raise ValueError("weights are one for each layer, finite, not negative, and not all 0")
    # tan(π(½ − p)) loses small p; there it is 1/(πp). A p of 1 would be −∞ and hide every other layer
    high = np.minimum(chances, 1 - 1e-2 / chances.shape[1])
    cotangent = np.where(high < 1e-8, 1 / (np.pi * high), np.tan((0.5 - high) * np.pi))
    mean = cotangent @ (share / share.sum())
    far = 1 / (np.pi * np.maximum(mean, 1.0))  # ½ − atan(x)/π for large x
    combined: Floats = np.clip(np.where(mean > 1e8, far, 0.5 - np.arctan(mean) / np.pi), TINY, 1.0)
    return combined


def brown(p: npt.ArrayLike, covariance: npt.ArrayLike) -> Floats:
    """Combined p-values by Brown's method.

    Parameters
    ----------
    p : array, shape (n_pairs, n_layers)
        p-values in (0, 1].
    covariance : array, shape (n_layers, n_layers)
        Of −2 ln p_l under the null (4 on the diagonal where p-values are uniform); see :func:`null_covariance`.

    Returns
    -------
    ndarray of float64, shape (n_pairs,)
    """
    from scipy.special import gammaincc

    chances = _checked(p)
    layers = chances.shape[1]
    matrix = np.asarray(covariance, float)
    if matrix.shape != (layers, layers):
        raise ValueError(f"a covariance of {layers} layers is {layers} × {layers}, not {matrix.shape}")
    mean = 2.0 * layers
    variance = max(4.0 * layers + 2.0 * float(np.clip(np.triu(matrix, 1), 0.0, 4.0).sum()), 1e-9)
    scale, freedom = variance / (2 * mean), 2 * mean**2 / variance
    statistic = -2 * np.log(chances).sum(axis=1)
    combined: Floats = np.clip(gammaincc(freedom / 2, statistic / scale / 2), TINY, 1.0)
    return combined


def null_covariance(p: npt.ArrayLike, pairs: int) -> Floats:
    """Covariance of −2 ln p between layers, from the pairs of a dataset without coordination.

    Most pairs never meet, so that p is discrete and −2 ln p varies less than the 4 of a uniform p; what is returned is
    4 times the correlation.

    Parameters
    ----------
    p : array, shape (n_met, n_layers)
        Pairs that met in any layer; 1 where they did not meet in one.
    pairs : int
        All pairs, those that never met among them.

    Returns
    -------
    ndarray of float64, shape (n_layers, n_layers)
        With 4 on the diagonal.
    """
    statistics = -2 * np.log(_checked(p))
    total = max(pairs, len(statistics), 1)
    mean = statistics.sum(axis=0) / total
    covariance = statistics.T @ statistics / total - np.outer(mean, mean)
    spread = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    scale = np.outer(spread, spread)
    found: Floats = 4 * np.divide(covariance, scale, out=np.zeros_like(scale), where=scale > 0)
    np.fill_diagonal(found, 4.0)
    return found


def _checked(p: npt.ArrayLike) -> Floats:
    chances: Floats = np.asarray(p, np.float64)
    if chances.ndim != 2:
        raise ValueError("p-values come as one row a pair, one column a layer")
    if not ((chances >= 0) & (chances <= 1)).all():
        raise ValueError("p-values lie in [0, 1]")
    checked: Floats = np.maximum(chances, TINY)
    return checked


FUSIONS: Mapping[str, Callable[..., Floats]] = {"cauchy": cauchy, "brown": brown}
"""Every combination of layers by name."""
