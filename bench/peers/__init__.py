"""Other token servers, measured under the same load on the same machine, if installed."""
