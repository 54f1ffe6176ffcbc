"""How a shard's store uses memory and disk: what all stores of a worker share, and what each is opened with."""

from __future__ import annotations

from typing import Any

from rocksdict import BlockBasedOptions, Cache, Options, WriteBufferManager

_MANIFEST_BYTES = 16 << 10
_BITS_A_KEY = 10
"""Of the filters that tell without reading that a key is not there (Bloom): one in a hundred is looked for in vain."""


class StoreMemory:
    """Memory that stores share, half for what is being written, half for what was read lately.

    Each by itself would take up to 64 MB for writing alone, however many a worker has.
    """

    def __init__(self, megabytes: int) -> None:
        half = megabytes << 19
        self._read = Cache(half)
        self._written = WriteBufferManager(half, False)  # when it is full the largest is flushed, and nobody waits

    def options(self) -> Any:
        """Return what a store is opened with."""
        tables = BlockBasedOptions()
        tables.set_block_cache(self._read)
        tables.set_bloom_filter(_BITS_A_KEY, False)
        options = Options(raw_mode=True)
        options.create_if_missing(True)
        options.set_block_based_table_factory(tables)
        options.set_write_buffer_manager(self._written)
        options.set_write_buffer_size(32 << 20)
        options.set_max_background_jobs(2)
        options.set_keep_log_file_num(2)
        options.set_max_open_files(256)
        options.set_max_manifest_file_size(_MANIFEST_BYTES)  # it names keys of files long gone
        return options
