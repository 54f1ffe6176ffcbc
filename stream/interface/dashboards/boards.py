"""All boards, in the order in which people look at them."""

from __future__ import annotations

from stream.interface.dashboards import business, desk, overview, shards, trainer
from stream.interface.dashboards.board import Board

BOARDS: tuple[Board, ...] = (overview.BOARD, shards.BOARD, business.BOARD, trainer.BOARD, desk.BOARD)
