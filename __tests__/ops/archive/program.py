"""Loads the archive program as a module, so that tests can call its functions without standard input and output."""

import importlib.util
import pathlib

import drill

PROGRAM = pathlib.Path(drill.__file__).parent
_spec = importlib.util.spec_from_file_location("archive", PROGRAM / "__main__.py")
ARCHIVE = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(ARCHIVE)
