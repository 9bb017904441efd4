"""The empty spreadsheet of a canonical table: its columns, their meaning, a valid example row."""
