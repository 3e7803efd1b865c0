"""Sources of risk reports; chosen by the wiring alone."""
