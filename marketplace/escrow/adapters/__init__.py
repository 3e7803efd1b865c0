"""Translators between the port and each provider. Only the wiring chooses one."""
