"""Colours as people with normal and with colour-deficient sight see them, and how far apart they are.

Deuteranopia and protanopia are the matrices of severity 1.0 of Machado, Oliveira & Fernandes (2009), A
physiologically-based model for simulation of color vision deficiency, IEEE Trans. Vis. Comput. Graph. 15, 1291-1298,
for linear sRGB. Distances are those of CIE 1976 L*a*b* under D65.
"""

import numpy as np
from matplotlib.colors import to_rgb

SIGHTS = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}

# From linear sRGB to CIE XYZ (IEC 61966-2-1).
_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def lab(colour, sight="normal", over=(1.0, 1.0, 1.0), opacity=1.0):
    """L*a*b* of a colour, drawn with an opacity over another, as seen."""
    drawn = opacity * np.array(to_rgb(colour)) + (1 - opacity) * np.array(over)
    linear = np.where(drawn <= 0.04045, drawn / 12.92, ((drawn + 0.055) / 1.055) ** 2.4)
    xyz = _TO_XYZ @ np.clip(SIGHTS[sight] @ linear, 0, 1) / (_TO_XYZ @ np.ones(3))
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def distance(first, second, sight="normal", **how):
    """CIE76 distance of two colours; about 2.3 can just be told apart side by side."""
    return float(np.linalg.norm(lab(first, sight, **how) - lab(second, sight, **how)))
