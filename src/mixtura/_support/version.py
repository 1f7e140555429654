"""The version of this package, which pages and model files name."""

VERSION = "0.1.0"
