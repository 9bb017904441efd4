"""Components of the results that validation adds to those of the shapes: no row is at fault."""

from typing import Final

from kg.namespaces import SHAPES

DISCREPANCY_COMPONENT: Final = SHAPES + "#Discrepancy"
"""Component of the results on values that differ from source to source."""
DUPLICATE_COMPONENT: Final = SHAPES + "#LikelyDuplicate"
"""Component of the results on records that are likely one."""
