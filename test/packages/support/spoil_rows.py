"""spoil_rows.py <file> <marker>: makes the values of a SQLite file that have the marker in them unreadable."""

import sqlite3
import sys

file, marker = sys.argv[1:]
connection = sqlite3.connect(file)
spoilt = 0
tables = connection.execute("select name from sqlite_master where type = 'table'").fetchall()
for (table,) in tables:
    for column in connection.execute(f'pragma table_info("{table}")').fetchall():
        name = column[1]
        spoilt += connection.execute(
            f'update "{table}" set "{name}" = cast(x\'ff7b22\' as text)'
            f' where instr(cast("{name}" as text), ?) > 0',
            [marker],
        ).rowcount
connection.commit()
connection.close()
print(spoilt)
