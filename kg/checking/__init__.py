"""A dry run: files held to the model and to a release, nothing stored."""

from kg.checking.check import check_files
from kg.checking.checked import Checked, CheckedFile, Model

__all__ = ["Checked", "CheckedFile", "Model", "check_files"]
