# Written by scripts/write_sync.py from _async: do not edit.
